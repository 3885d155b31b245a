/**
 * Attack classes on a decision over HTTP: whatever an application makes of a path, a host or a header list, what is
 * permitted in one spelling is permitted in the others, under the same filters. (One policy-wide law per class; the tables are elsewhere.)
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { type ConnectionPolicy, forConnection } from './connection-policy.ts';
import { decideHttp } from './decide.ts';
import type { HttpRoute, InboundPolicy } from './model.ts';
import { requestFrom } from './request-from.ts';
import {
  anybody,
  anyClient,
  anyHeaders,
  anyPath,
  anyPolicy,
  client,
  grant,
  httpPolicy,
  httpRoute,
  match,
} from './testing/index.ts';
import type { RouteFilter } from './verdict.ts';

const isNightly = process.env['HEDDLE_NIGHTLY'] === '1';
const numRuns = isNightly ? 100_000 : 1500;
const timeout = isNightly ? 1_800_000 : 30_000;

/** The filters under which a request is permitted; undefined when it is denied. */
const permittedWith = (connection: ConnectionPolicy, target: string): readonly RouteFilter[] | undefined => {
  const verdict = decideHttp(connection, requestFrom({ target, authority: 'a.test' }));
  return verdict.kind === 'permit' ? verdict.filters : undefined;
};

/** Text as it may stand in a target: what cannot is encoded. */
const asTarget = (path: string): string =>
  path.replace(
    /[^!-~]|[%?#]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );

const decodeWhere = (pattern: RegExp) => (path: string) =>
  path.replace(/%[0-9a-fA-F]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return pattern.test(character) ? character : triplet;
  });

/** RFC 3986 section 5.2.4. */
const removeDotSegments = (path: string): string => {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [at, segment] of segments.entries()) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (at === segments.length - 1 && (segment === '.' || segment === '..')) kept.push('');
  }
  return `/${kept.join('/')}`;
};

const decodeAll = decodeWhere(/./s);

/** What servers, frameworks and proxies are known to make of a path before they route on it. */
const normalizers: Readonly<Record<string, (path: string) => string>> = {
  'decodes unreserved characters': decodeWhere(/[A-Za-z0-9._~-]/),
  'decodes all': (path) => asTarget(decodeAll(path)),
  'decodes twice': (path) => asTarget(decodeAll(decodeAll(path))),
  'resolves dot segments': removeDotSegments,
  'decodes, then resolves': (path) => asTarget(removeDotSegments(decodeAll(path))),
  'resolves, then decodes': (path) => asTarget(decodeAll(removeDotSegments(path))),
  'merges slashes': (path) => path.replace(/\/{2,}/g, '/'),
  'takes a backslash for a slash': (path) => path.replaceAll('\\', '/'),
  'takes an encoded slash for a slash': (path) => path.replace(/%2f/gi, '/'),
  'does all of these': (path) =>
    asTarget(
      removeDotSegments(
        decodeAll(path)
          .replaceAll('\\', '/')
          .replace(/\/{2,}/g, '/'),
      ),
    ),
  'cuts at a fragment': (path) => path.replace(/#.*/s, ''),
  'decodes, then cuts at a fragment or query': (path) => asTarget(decodeAll(path).replace(/[#?].*/s, '')),
  'drops parameters': (path) => path.replace(/;[^/]*/g, ''),
  'drops parameters, then decodes and resolves': (path) =>
    asTarget(removeDotSegments(decodeAll(path.replace(/;[^/]*/g, '')))),
  'decodes, then drops parameters and resolves': (path) =>
    asTarget(removeDotSegments(decodeAll(path).replace(/;[^/]*/g, ''))),
  'ends at NUL': (path) => asTarget(decodeAll(path).replace(/\0.*/s, '')),
  'reads overlong UTF-8': (path) => asTarget(decodeAll(path).replaceAll('\xc0\xaf', '/')),
};

/** Policies in which a path decides: an open prefix with closed corners, in several shapes. */
const corners = fc
  .subarray([
    '/admin',
    '/public/admin/*',
    '/a/b/*',
    '/caf%C3%A9',
    '/public/@x',
    '/a;v=1',
    '/q%3Fr',
    '~ /public/adm.*',
    '~ /[^/]*%[^/]*',
  ])
  .map(
    (closed): InboundPolicy =>
      httpPolicy([httpRoute('closed', closed), httpRoute('open', ['/*'], [grant('anybody', anybody)])]),
  );
/** Everything is open, and one part of it goes under a filter. */
const filtered = fc.constantFrom('/admin/*', '/public/*', '/a/b/*', '/a;v=1', '~ /public/adm.*').map(
  (path): InboundPolicy =>
    httpPolicy([
      httpRoute('open', ['/*'], [grant('anybody', anybody)]),
      {
        ...httpRoute('filtered', [], [grant('anybody', anybody)]),
        rules: [
          {
            matches: [match(path)],
            filters: [{ kind: 'requestHeaders', add: [], set: [{ name: 'x-role', value: 'guest' }], remove: [] }],
          },
        ],
      },
    ]),
);
const islands = fc
  .subarray(['/public/*', '/a/*', '/caf%C3%A9/*', '/a;v=1', '~ /a/[a-z%;0-9]*'], { minLength: 1 })
  .map((open): InboundPolicy => httpPolicy([httpRoute('open', open, [grant('anybody', anybody)])]));

test.each(Object.keys(normalizers))('allow(p) implies allow(N(p)) for a server that %s', { timeout }, (name) => {
  const normalize = normalizers[name] ?? String;
  let permitted = 0;
  fc.assert(
    fc.property(fc.oneof(corners, islands, filtered, anyPolicy), anyPath, (policy, path) => {
      const connection = forConnection(compilePolicy(policy), client('plaintext'));
      const filters = permittedWith(connection, path);
      if (filters === undefined) return;
      permitted++;
      const normal = normalize(path);
      expect(permittedWith(connection, normal), `${path} and ${normal}`).toEqual(filters);
    }),
    { numRuns },
  );
  expect(permitted).toBeGreaterThan(100);
});

const elementsOf = (value: string): string[] => value.split(',').map((element) => element.trim());

test('the verdict does not depend on how a header list is split over lines', () => {
  fc.assert(
    fc.property(anyPolicy, anyClient, anyHeaders, anyPath, (policy, facts, headers, target) => {
      const connection = forConnection(compilePolicy(policy), facts);
      const ask = (lines: readonly (readonly [string, string])[]): string =>
        JSON.stringify(decideHttp(connection, requestFrom({ target, headers: lines })));
      const lists = headers.filter(([name]) => name !== 'cookie');
      const split = lists.flatMap(([name, value]) => elementsOf(value).map((element) => [name, element] as const));
      const names = [...new Set(lists.map(([name]) => name.toLowerCase()))];
      const joined = names.map(
        (name) =>
          [
            name,
            lists
              .filter(([sent]) => sent.toLowerCase() === name)
              .map(([, value]) => value)
              .join(','),
          ] as const,
      );
      const verdict = ask(lists);
      expect(ask(split)).toBe(verdict);
      expect(ask(joined)).toBe(verdict);
    }),
    { numRuns: 3000 },
  );
});

test('the verdict does not depend on how a host is spelled', () => {
  const hosts: HttpRoute[] = [
    httpRoute('exact', ['*'], [grant('exact', anybody)], { hosts: [{ kind: 'exact', host: 'Api.shop.test' }] }),
    httpRoute('suffix', ['*'], [], { hosts: [{ kind: 'suffix', reverseLabels: ['test', 'shop'] }] }),
  ];
  const connection = forConnection(compilePolicy(httpPolicy(hosts)), client('plaintext'));
  const ask = (authority: string): string => JSON.stringify(decideHttp(connection, requestFrom({ authority })));
  const letterCase = fc.mixedCase(fc.constantFrom('api.shop.test', 'v1.api.shop.test', 'shop.test'));
  fc.assert(
    fc.property(letterCase, fc.constantFrom('', '.'), fc.constantFrom('', ':', ':80', ':8080'), (name, dot, port) => {
      expect(ask(`${name}${dot}${port}`)).toBe(ask(name.toLowerCase()));
    }),
  );
});

test('an exception among the grants of a header cannot be dodged by sending the header twice', () => {
  const guests = match('*', { headers: [{ kind: 'exact', name: 'x-role', value: 'guest' }] });
  const connection = forConnection(
    compilePolicy(httpPolicy([httpRoute('guests', [guests], [grant('anybody', anybody)])])),
    client('web'),
  );
  const ask = (...values: readonly string[]): string =>
    decideHttp(connection, requestFrom({ headers: values.map((value) => ['x-role', value] as const) })).kind;
  expect(ask('guest')).toBe('permit');
  for (const values of [['guest', 'admin'], ['admin', 'guest'], ['guest, admin'], ['guest,admin'], ['guest', '']]) {
    expect(ask(...values), String(values)).toBe('deny');
  }
});
