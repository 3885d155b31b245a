import { expect, test } from 'vitest';
import { compareIps, formatIp, ipv6, ipv6FromHalves, ipv6Halves, isLoopback, parseIp } from './ip.ts';
import { orThrow } from './parsed.ts';

const ip = (text: string) => orThrow(parseIp(text));

test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['10.1.2.3', '10.1.2.3'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  // RFC 5952 section 4.2.2: one group of zeros is not shortened.
  ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:a00:1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:127.0.0.1', '127.0.0.1'],
])('%s is %s', (text, canonical) => {
  expect(formatIp(ip(text))).toBe(canonical);
  expect(ip(canonical)).toEqual(ip(text));
});

test.each([
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '256.0.0.1',
  '01.2.3.4',
  '1.2.3.4 ',
  '1.2.3.-4',
  '0x1.2.3.4',
  '1..2.3',
  '१.2.3.4',
  ':',
  ':::',
  '1:2',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  'g::',
  '1.2.3.4::',
  '::1.2.3',
  '::1.2.3.4:5',
  'fe80::1%eth0',
  '[::1]',
  '::ffff:1.2.3.256',
  `${'0:'.repeat(40)}1`,
])('%j is no address', (text) => {
  expect(parseIp(text)).toMatchObject({ kind: 'error', subject: 'address' });
});

test('halves of an IPv6 address are the two fixed64 of the wire', () => {
  const halves = { first: 0x2001_0db8_0000_0000n, last: 0xffff_ffff_0000_0001n };
  const address = ipv6FromHalves(halves.first, halves.last);
  expect(formatIp(address)).toBe('2001:db8::ffff:ffff:0:1');
  expect(address.kind === 'v6' && ipv6Halves(address)).toEqual(halves);
});

test('an IPv4-mapped address is IPv4 however it is made', () => {
  expect(ipv6([0, 0, 0xffff, 0x0a00_0001])).toEqual(ip('10.0.0.1'));
  expect(ipv6FromHalves(0n, 0xffff_0a00_0001n)).toEqual(ip('10.0.0.1'));
});

test('addresses order by family, then value', () => {
  const ordered = ['0.0.0.1', '9.255.255.255', '10.0.0.0', '200.0.0.0', '::', '::1', '1::', 'ffff::'];
  expect(ordered.map(ip).toReversed().toSorted(compareIps).map(formatIp)).toEqual(ordered);
});

test.each([
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['1::1', false],
])('%s is loopback: %s', (text, expected) => {
  expect(isLoopback(ip(text))).toBe(expected);
});
