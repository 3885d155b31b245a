import { orThrow, parseIp } from '@heddle/names';
import { compilePolicy, decideTcp, forConnection } from '@heddle/policy';
import { anybody, grant, httpPolicy } from '@heddle/policy/testing';
import { unmappedIp } from '@heddle/transport';
import { expect, test } from 'vitest';
import { isLocalPeer } from './local-peer.ts';

const ip = (text: string) => orThrow(parseIp(unmappedIp(text)));
const pod = { localAddresses: [], redirection: { kind: 'original-dst' } } as const;
const listeners = { kind: 'listeners', inbound: [], outbound: [] } as const;

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.7', false],
  ['::ffff:10.0.0.7', false],
  ['::', false],
  ['0.0.0.0', false],
  ['fe80::1', false],
  ['::127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
])('in a pod, the peer %s is the workload: %s', (peer, expected) => {
  expect(isLocalPeer(pod, ip(peer))).toBe(expected);
});

test('in local mode nobody on loopback is, but who comes from its own addresses', () => {
  expect(isLocalPeer({ localAddresses: [], redirection: listeners }, ip('127.0.0.1'))).toBe(false);
  const own = { localAddresses: [ip('127.9.0.4')], redirection: listeners };
  expect(isLocalPeer(own, ip('127.9.0.4'))).toBe(true);
  expect(isLocalPeer(own, ip('::ffff:127.9.0.4'))).toBe(true);
  expect(isLocalPeer(own, ip('127.0.0.1'))).toBe(false);
});

// What a socket tells of a peer on a listener for both families.
test.each([
  ['10.0.0.0/8', '::ffff:10.1.2.3', 'permit'],
  ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', 'permit'],
  ['::ffff:10.0.0.0/104', '10.1.2.3', 'permit'],
  ['::/0', '::ffff:10.1.2.3', 'deny'],
  ['0.0.0.0/0', '::ffff:10.1.2.3', 'permit'],
  ['0.0.0.0/0', 'fd00::1', 'deny'],
  ['fd00::/8', 'fd00::1', 'permit'],
  ['10.0.0.0/8 except 10.1.0.0/16', '::ffff:10.1.2.3', 'deny'],
])('a grant to %s for the peer %s: %s', (network, peer, expected) => {
  const policy = { ...httpPolicy([], [grant('net', anybody, network)]), protocol: { kind: 'opaque' } } as const;
  const client = { clientIp: ip(peer), tls: { kind: 'none' }, isLocal: false } as const;
  expect(decideTcp(forConnection(compilePolicy(policy), client)).kind).toBe(expected);
});
