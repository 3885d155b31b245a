import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { neighbour } from './targets.ts';

const of = (address: string, scopeid = 0, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, ...(address.includes(':') ? { family: 'IPv6', scopeid } : { family: 'IPv4' }) }) as never;

test.each([
  ['IPv4', [of('10.9.0.2')], '10.9.0.3'],
  ['IPv4', [of('10.9.0.255')], '10.9.0.254'],
  ['IPv4', [of('127.0.0.1', 0, true)], undefined],
  ['IPv6', [of('10.9.0.2'), of('fd77::2')], 'fd77::3'],
  ['IPv6', [of('fe80::ffff:ffff', 3)], 'fe80::ffff:fffe%eth0'],
  ['IPv6', [of('10.9.0.2')], undefined],
] as const)('%s beside %j', (family, infos, expected) => {
  expect(neighbour({ lo: [of('127.0.0.1', 0, true)], eth0: infos }, family)).toBe(expected);
});
