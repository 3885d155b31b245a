import { expect, test } from 'vitest';
import { formatIp, type IpAddress, parseIp } from './ip.ts';
import {
  formatNetwork,
  hostOf,
  ipv6NetworkFromHalves,
  networkContains,
  networkCovers,
  networkOf,
  networkOfOne,
  parseNetwork,
  sameNetwork,
} from './network.ts';
import { orThrow } from './parsed.ts';

const ip = (text: string): IpAddress => orThrow(parseIp(text));
const net = (text: string) => orThrow(parseNetwork(text));

test.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3/32'],
  ['1.2.3.4/0', '0.0.0.0/0'],
  ['fd00::1/8', 'fd00::/8'],
  ['::1', '::1/128'],
  ['2001:db8:ffff:ffff::/33', '2001:db8:8000::/33'],
  ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
  ['::ffff:0:0/95', '::fffe:0:0/95'],
  ['::/0', '::/0'],
])('%s is %s', (text, canonical) => {
  expect(formatNetwork(net(text))).toBe(canonical);
  expect(net(canonical)).toEqual(net(text));
});

test.each([
  '',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0/8',
  '::/129',
  '10.0.0.0/1e1',
  'web',
])('%j is no network', (text) => {
  expect(parseNetwork(text)).toMatchObject({ kind: 'error', subject: 'network' });
});

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::1', false],
  ['128.0.0.0/1', '127.255.255.255', false],
  ['10.1.2.3/32', '10.1.2.3', true],
  ['10.1.2.3/32', '10.1.2.2', false],
  ['::/0', 'ffff::', true],
  // An IPv4 client must not slip through a rule for IPv6 networks by its mapped spelling.
  ['::/0', '::ffff:10.0.0.1', false],
  ['0.0.0.0/0', '::ffff:10.0.0.1', true],
  ['fd00::/8', 'fdff:1::', true],
  ['fd00::/8', 'fe00::', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['2001:db8::/127', '2001:db8::1', true],
  ['2001:db8::/127', '2001:db8::2', false],
  ['::ffff:10.0.0.0/104', '10.9.9.9', true],
])('%s contains %s: %s', (network, address, expected) => {
  expect(networkContains(net(network), ip(address))).toBe(expected);
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['0.0.0.0/0', '::/0', false],
])('%s covers %s: %s', (outer, inner, expected) => {
  expect(networkCovers(net(outer), net(inner))).toBe(expected);
});

test('networks of the wire', () => {
  expect(networkOf(ip('10.0.0.0'), 33)).toMatchObject({ kind: 'error' });
  expect(networkOf(ip('10.0.0.0'), 1.5)).toMatchObject({ kind: 'error' });
  expect(orThrow(ipv6NetworkFromHalves(0n, 0xffff_0a00_0000n, 104))).toEqual(net('10.0.0.0/8'));
  expect(ipv6NetworkFromHalves(0n, 0n, 129)).toMatchObject({ kind: 'error' });
});

test('equality, and networks of one', () => {
  expect(sameNetwork(net('10.1.1.1/8'), net('10.2.2.2/8'))).toBe(true);
  expect(sameNetwork(net('10.0.0.0/8'), net('10.0.0.0/9'))).toBe(false);
  expect(formatIp(networkOfOne(ip('fd00::1')).base)).toBe('fd00::1');
});

test.each([
  ['10.244.1.0/24', 1, '10.244.1.1'],
  ['10.244.1.128/25', 2, '10.244.1.130'],
  ['fd00:10:244::/64', 1, 'fd00:10:244::1'],
  ['10.0.0.0/30', 2, '10.0.0.2'],
  ['10.0.0.0/30', 3, undefined],
  ['10.0.0.0/31', 1, undefined],
  ['10.0.0.0/32', 1, undefined],
  ['fd00::/127', 1, undefined],
  ['10.0.0.0/8', 0, undefined],
])('host of %s number %i is %s', (network, number, expected) => {
  const host = hostOf(net(network), number);
  expect(host && formatIp(host)).toBe(expected);
});
