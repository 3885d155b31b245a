/** Laws of the names: what is printed is read back as the same value, and matching agrees with a slow definition. */
import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseGatewayDuration } from './duration.ts';
import { formatIp, type IpAddress, ipv4, ipv6, parseIp } from './ip.ts';
import { formatNetwork, networkContains, networkOf, parseNetwork } from './network.ts';
import { orThrow } from './parsed.ts';

const word = fc.oneof(fc.constantFrom(0, 0xffff, 0xffff_ffff, 0x8000_0000), fc.nat(0xffff_ffff));
const anyIp: fc.Arbitrary<IpAddress> = fc.oneof(word.map(ipv4), fc.tuple(word, word, word, word).map(ipv6));
const anyNetwork = fc
  .tuple(anyIp, fc.nat(128))
  .map(([ip, length]) => orThrow(networkOf(ip, ip.kind === 'v4' ? length % 33 : length)));

test('addresses and networks are read back as printed', () => {
  fc.assert(
    fc.property(anyIp, anyNetwork, (ip, network) => {
      expect(orThrow(parseIp(formatIp(ip)))).toEqual(ip);
      expect(orThrow(parseNetwork(formatNetwork(network)))).toEqual(network);
    }),
    { numRuns: 2000 },
  );
});

test('containment agrees with node:net', () => {
  const near = fc
    .tuple(anyNetwork, anyIp, fc.boolean())
    .map(([network, ip, isBase]) => [network, isBase ? network.base : ip] as const);
  fc.assert(
    fc.property(near, ([network, ip]) => {
      const list = new BlockList();
      list.addSubnet(formatIp(network.base), network.prefixLength, network.base.kind === 'v4' ? 'ipv4' : 'ipv6');
      const isSameFamily = network.base.kind === ip.kind;
      const expected = isSameFamily && list.check(formatIp(ip), ip.kind === 'v4' ? 'ipv4' : 'ipv6');
      expect(networkContains(network, ip)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('parsers are total', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '/', '%', '[') })),
      (text) => {
        for (const parse of [parseIp, parseNetwork, parseGatewayDuration])
          expect(['ok', 'error']).toContain(parse(text).kind);
      },
    ),
    { numRuns: 2000 },
  );
});

test('durations are read back as printed', () => {
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => {
      expect(orThrow(parseGatewayDuration(formatDuration(milliseconds)))).toBe(milliseconds);
    }),
  );
});
