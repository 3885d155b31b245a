import { expect, test } from 'vitest';
import { formatDuration, parseDuration, parseGatewayDuration } from './duration.ts';
import { orThrow } from './parsed.ts';

test.each([
  ['0', 0],
  ['00', 0],
  ['250ms', 250],
  ['10s', 10_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
  [' 10s ', 10_000],
])('%j is %i ms', (text, milliseconds) => {
  expect(orThrow(parseDuration(text))).toBe(milliseconds);
});

test.each(['', '1', 's', '1.5s', '-1s', '1h30m', '10 s', '1w', '1e3s', '0x1s', '99999999999999d', '9'.repeat(400)])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toMatchObject({ kind: 'error', subject: 'duration' });
  },
);

test.each([
  ['1h30m', 5_400_000, '1h30m'],
  ['24h0m0s', 86_400_000, '24h'],
  ['10s', 10_000, '10s'],
  ['1m1ms', 60_001, '1m1ms'],
  ['90m', 5_400_000, '1h30m'],
  ['0s', 0, '0s'],
])('%s is %i ms, shortest %s', (text, milliseconds, shortest) => {
  expect(orThrow(parseGatewayDuration(text))).toBe(milliseconds);
  expect(formatDuration(milliseconds)).toBe(shortest);
  expect(orThrow(parseGatewayDuration(shortest))).toBe(milliseconds);
});

test.each(['', '0', '1', '1d', '1.5h', '123456s', '1h1h1h1h1h', 's1', '1us', ' 1s'])(
  '%j is no Gateway duration',
  (text) => {
    expect(parseGatewayDuration(text)).toMatchObject({ kind: 'error', subject: 'duration' });
  },
);

test('what cannot be said in whole milliseconds is rounded', () => {
  expect(formatDuration(1.4)).toBe('1ms');
  expect(formatDuration(-5)).toBe('0s');
});
