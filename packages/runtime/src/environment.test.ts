import { expect, test } from 'vitest';
import { ConfigError, EnvironmentReader } from './environment.ts';
import { durationMs, flag, hostAndPort, integer, listOf, oneOf, ports, socketAddress, text } from './text-parsers.ts';

test('a reader collects every mistake before it throws', () => {
  const reader = new EnvironmentReader({ TIMEOUT: '10 parsecs', EMPTY: ' ' });
  reader.required('TIMEOUT', durationMs);
  reader.required('EMPTY', text);
  reader.problem('A and B exclude each other');
  let thrown: unknown;
  try {
    reader.finish();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConfigError);
  expect((thrown as ConfigError).errors).toEqual([
    'TIMEOUT="10 parsecs" is not a duration; use a whole number and a unit, as in 250ms, 10s, 5m, 24h or 7d',
    'EMPTY is not set; it must be given',
    'A and B exclude each other',
  ]);
});

test('values are trimmed, and an unset or empty variable gives the fallback', () => {
  const reader = new EnvironmentReader({ A: ' 5s\n', B: '' });
  expect(reader.required('A', durationMs)).toBe(5000);
  expect(reader.optional('B', durationMs, 7)).toBe(7);
  expect(reader.optional('C', text, undefined)).toBeUndefined();
  reader.finish();
});

const bad = Symbol('bad');
test.each([
  [durationMs, '0', 0],
  [durationMs, '250ms', 250],
  [durationMs, '365d', 31_536_000_000],
  [durationMs, '1.5s', bad],
  [durationMs, '10', bad],
  [integer(1, 10), '10', 10],
  [integer(1, 10), '11', bad],
  [integer(1, 10), '0x5', bad],
  [flag, 'TRUE', true],
  [flag, 'no', false],
  [flag, 'maybe', bad],
  [oneOf('plain', 'json'), 'json', 'json'],
  [oneOf('plain', 'json'), 'xml', bad],
  [socketAddress, '127.0.0.1:4191', { host: '127.0.0.1', port: 4191 }],
  [socketAddress, '[::1]:0', { host: '::1', port: 0 }],
  [socketAddress, 'localhost:80', bad],
  [socketAddress, '1.2.3.4:65536', bad],
  [socketAddress, '::1:80', bad],
  [hostAndPort, 'a.b.svc.cluster.local.:8086', { host: 'a.b.svc.cluster.local', port: 8086 }],
  [hostAndPort, '127.0.0.1:8086', { host: '127.0.0.1', port: 8086 }],
  [hostAndPort, 'name', bad],
  [
    listOf(socketAddress),
    '127.0.0.1:1, [::1]:2',
    [
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 2 },
    ],
  ],
  [listOf(socketAddress), '127.0.0.1:1,nonsense', bad],
  [ports, '25,4000-4002', new Set([25, 4000, 4001, 4002])],
  [ports, '4002-4000', bad],
  [ports, '0', bad],
])('%# %o', (parse, input, expected) => {
  const result = parse(input);
  expect(result.kind === 'ok' ? result.value : bad).toEqual(expected);
});
