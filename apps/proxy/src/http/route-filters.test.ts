import type { HttpFilter, Permit } from '@heddle/policy';
import { expect, test } from 'vitest';
import { Exchange } from './exchange.ts';
import { applyFilters } from './route-filters.ts';
import type { DownstreamStream, HttpService } from './stream.ts';

const ref = { kind: 'default', name: 'test' } as const;

type Filter = Exclude<HttpFilter, { kind: 'unknown' }>;

const run = (...filters: readonly Filter[]) => {
  const permit: Permit = {
    kind: 'permit',
    server: ref,
    route: ref,
    authorization: ref,
    isAudit: false,
    filters,
    matchedPrefix: '/old',
  };
  const exchange = new Exchange({} as DownstreamStream, {} as HttpService);
  const { request } = exchange;
  request.method = 'GET';
  request.authority = 'authors';
  request.target = '/old/1?q=2';
  request.headers.append('x-a', '1');
  request.headers.append('x-b', '2');
  const refused = applyFilters(permit, exchange, () => 0.5);
  return { refused, authority: request.authority, headers: request.headers.toArray() };
};

const headers = (change: Partial<Extract<Filter, { kind: 'requestHeaders' }>>): Filter => ({
  kind: 'requestHeaders',
  add: [],
  set: [],
  remove: [],
  ...change,
});

test('headers are added, then set, then removed, whatever their case', () => {
  const { refused, headers: changed } = run(
    headers({
      add: [{ name: 'X-A', value: '3' }],
      set: [
        { name: 'X-B', value: '4' },
        { name: 'x-c', value: '5' },
      ],
      remove: ['X-C'],
    }),
  );
  expect(refused).toBeUndefined();
  expect(changed).toEqual([
    ['x-a', '1'],
    ['x-b', '4'],
    ['x-a', '3'],
  ]);
});

test('the host is the authority of the request', () => {
  const { authority, headers: changed } = run(headers({ set: [{ name: 'Host', value: 'books' }] }));
  expect(authority).toBe('books');
  expect(changed.map(([name]) => name)).toEqual(['x-a', 'x-b']);
});

test.each([
  ['adds a length', headers({ add: [{ name: 'Content-Length', value: '0' }] })],
  ['sets a coding', headers({ set: [{ name: 'transfer-encoding', value: 'chunked' }] })],
  ['adds a second host', headers({ add: [{ name: 'host', value: 'b' }] })],
  ['sets connection options', headers({ set: [{ name: 'connection', value: 'x-a' }] })],
])('a rule that %s is not applied: 500', (_what, filter) => {
  expect(run(filter).refused).toMatchObject({ code: 'invalid-policy', status: 500 });
});

test.each<[string, Filter, object | undefined]>([
  ['a failure', { kind: 'failure', status: 418, message: 'no' }, { code: 'injected', status: 418, text: 'no' }],
  [
    'half of failures, and this one is not',
    { kind: 'failure', status: 418, message: 'no', ratio: { numerator: 1, denominator: 2 } },
    undefined,
  ],
  [
    'a redirect',
    { kind: 'redirect', path: { kind: 'prefix', value: '/new' }, status: 308 },
    { code: 'redirect', status: 308, location: 'http://authors/new/1?q=2' },
  ],
])('%s', (_what, filter, expected) => {
  const { refused } = run(filter);
  if (expected === undefined) expect(refused).toBeUndefined();
  else expect(refused).toMatchObject(expected);
});
