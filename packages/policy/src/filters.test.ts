import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp } from './decide.ts';
import { type FilterOutcome, problemOfFilter, runFilters } from './filters.ts';
import type { HttpFilter, RequestRedirect } from './model.ts';
import { type RequestData, requestFrom } from './request-from.ts';
import { anybody, client, grant, httpPolicy, httpRoute, match } from './testing/index.ts';

/** Sends a request through a permit whose rule has these filters. */
const run = (filters: readonly HttpFilter[], data: RequestData, path = '/old/*', random = 0): FilterOutcome => {
  const rules = [{ matches: [match(path)], filters }];
  const policy = httpPolicy([httpRoute('r', [], [grant('g', anybody)], { rules })]);
  const request = requestFrom({ authority: 'a.test', ...data });
  const verdict = decideHttp(forConnection(compilePolicy(policy), client('web')), request);
  if (verdict.kind === 'deny') throw new Error(verdict.reason);
  return runFilters(verdict, request, { scheme: 'http', random: () => random });
};

const redirect = (filter: Omit<RequestRedirect, 'kind'>): RequestRedirect => ({ kind: 'redirect', ...filter });

test.each<[Omit<RequestRedirect, 'kind'>, string, string, string]>([
  [{ scheme: 'https' }, 'a.test', '/old/x?q=1', 'https://a.test/old/x?q=1'],
  [{ scheme: 'https' }, 'a.test:8080', '/old', 'https://a.test:8080/old'],
  [{ host: 'b.test' }, 'a.test', '/old', 'http://b.test/old'],
  [{ host: 'b.test' }, 'a.test:8080', '/old', 'http://b.test:8080/old'],
  [{ host: 'b.test' }, 'a.test:80', '/old', 'http://b.test/old'],
  [{ host: 'b.test', port: 80 }, 'a.test', '/old', 'http://b.test:80/old'],
  [{ port: 8080 }, 'a.test', '/old', 'http://a.test:8080/old'],
  [{ port: 80 }, 'a.test:8080', '/old', 'http://a.test/old'],
  [{ scheme: 'https', port: 443 }, 'a.test:80', '/old', 'https://a.test/old'],
  [{ path: { kind: 'full', value: '/new?v=2' } }, 'a.test', '/old/x?q=1', 'http://a.test/new?v=2'],
  [{ path: { kind: 'prefix', value: '/new' } }, 'a.test', '/old/x?q=1', 'http://a.test/new/x?q=1'],
  [{ path: { kind: 'prefix', value: '/new/' } }, 'a.test', '/old/x', 'http://a.test/new/x'],
  [{ path: { kind: 'prefix', value: '/new' } }, 'a.test', '/old', 'http://a.test/new'],
  [{ path: { kind: 'prefix', value: '/new' } }, 'a.test', '/old?q', 'http://a.test/new?q'],
  [{ path: { kind: 'prefix', value: '/' } }, 'a.test', '/old/x', 'http://a.test/x'],
  [{ path: { kind: 'prefix', value: '/' } }, 'a.test', '/old', 'http://a.test/'],
])('redirect %j of %s%s goes to %s', (filter, authority, target, location) => {
  expect(run([redirect(filter)], { authority, target })).toEqual({ kind: 'redirect', status: 301, location });
});

test('a prefix redirect under the prefix / keeps the whole path', () => {
  const filter = redirect({ path: { kind: 'prefix', value: '/v2' }, status: 302 });
  expect(run([filter], { target: '/x' }, '/*')).toEqual({
    kind: 'redirect',
    status: 302,
    location: 'http://a.test/v2/x',
  });
});

test('a redirect to where the request already is lets it pass', () => {
  expect(run([redirect({ scheme: 'http' })], { target: '/old' })).toEqual({ kind: 'pass', modifiers: [] });
});

test.each<[RequestData, Omit<RequestRedirect, 'kind'>]>([
  [{ authority: '', target: '/old' }, { scheme: 'https' }],
  [{ target: '/old/a' }, { host: 'b.test\r\nset-cookie: x' }],
  [{ target: '/old' }, { path: { kind: 'full', value: 'new' } }],
])('no redirect can be made of %j by %j', (data, filter) => {
  expect(run([redirect(filter)], data)).toEqual({ kind: 'invalidRedirect' });
});

const modifier = (name: string): HttpFilter => ({
  kind: 'requestHeaders',
  add: [{ name, value: '1' }],
  set: [],
  remove: [],
});
const failure: HttpFilter = {
  kind: 'failure',
  status: 503,
  message: 'injected',
  ratio: { numerator: 1, denominator: 4 },
};

test('header changes are collected in order, up to what ends the request', () => {
  expect(run([modifier('a'), modifier('b')], { target: '/old' })).toEqual({
    kind: 'pass',
    modifiers: [modifier('a'), modifier('b')],
  });
  expect(run([modifier('a'), failure, modifier('b')], { target: '/old' })).toEqual({
    kind: 'httpFailure',
    status: 503,
    message: 'injected',
  });
});

test.each([
  [0, 'httpFailure'],
  [0.24, 'httpFailure'],
  [0.25, 'pass'],
  [0.99, 'pass'],
])('a failure of one in four at %d: %s', (random, kind) => {
  expect(run([failure], { target: '/old' }, '/old/*', random).kind).toBe(kind);
});

test.each<[Parameters<typeof problemOfFilter>[0], boolean, RegExp | undefined]>([
  [{ kind: 'unknown' }, true, /not known/],
  [redirect({ path: { kind: 'prefix', value: '/' } }), false, /prefix/],
  [redirect({ path: { kind: 'prefix', value: '/' } }), true, undefined],
  [redirect({ status: 200 }), true, /status 200/],
  [{ kind: 'failure', status: 99, message: '' }, true, /status/],
  [{ kind: 'failure', status: 500, message: '', ratio: { numerator: 1, denominator: 0 } }, true, /over zero/],
  [{ kind: 'failure', code: 14, message: '' }, true, undefined],
  [{ kind: 'failure', code: 17, message: '' }, true, /status/],
  [modifier('x-a'), true, undefined],
  [modifier('x a'), true, /invalid header/],
  [{ kind: 'requestHeaders', add: [], set: [{ name: 'x', value: 'a\r\nb: c' }], remove: [] }, true, /invalid header/],
])('the problem of %j (prefix match: %s) is %s', (filter, hasPrefix, expected) => {
  const problem = problemOfFilter(filter, hasPrefix);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});
