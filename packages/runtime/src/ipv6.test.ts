import { expect, test } from 'vitest';
import { everyAddress, reachableLoopbacks } from './ipv6.ts';

const none = { isKnown: false, hasLoopback: false };
const denied = { isKnown: true, hasLoopback: false };
const all = { isKnown: true, hasLoopback: true };
const v4 = { host: '127.0.0.1', port: 4140 };
const v6 = { host: '::1', port: 4140 };

test.each([
  ['::', none, '0.0.0.0'],
  ['::', denied, '::'],
  ['::', all, '::'],
  ['0.0.0.0', all, '0.0.0.0'],
  ['fd00::1', none, 'fd00::1'],
])('%s where IPv6 is %o is %s', (host, ipv6, expected) => {
  expect(everyAddress(host, ipv6)).toBe(expected);
});

test.each([
  [[v4, v6], all, [v4, v6]],
  [[v4, v6], denied, [v4]],
  [[v4, v6], none, [v4]],
  [[v6], none, [v6]],
])('%o where IPv6 is %o are %o', (addresses, ipv6, expected) => {
  expect(reachableLoopbacks(addresses, ipv6)).toEqual(expected);
});
