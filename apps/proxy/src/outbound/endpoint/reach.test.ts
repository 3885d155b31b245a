import type { Endpoint } from '@heddle/catalog';
import { expect, test } from 'vitest';
import { endpoint, meshed } from '../testing/policies.ts';
import { replaceAtMs } from './own-leaf.ts';
import { isSameReach, type Reach, reachOf } from './reach.ts';

const identity = 'authors.shop.serviceaccount.identity.linkerd.cluster.local';
const target = { ip: '10.1.0.3', port: 8080 };
const proxy = { ip: '10.1.0.3', port: 4143 };
const tls = { identity: { kind: 'dns', name: identity } } as const;
const spiffe = { identity: { kind: 'uri', name: 'spiffe://example.org/db' } } as const;
const plain = { mesh: undefined, carriesHttp1: false, dial: target };

test.each<[string, Endpoint, Partial<Reach>]>([
  ['nothing known', endpoint('10.1.0.3:8080'), plain],
  [
    'hints without identity do not count',
    endpoint('10.1.0.3:8080', { hint: { protocol: 'h2', opaqueTransportPort: 4143 } }),
    plain,
  ],
  [
    'behind a proxy with transport header',
    meshed('10.1.0.3:8080', identity, 4143),
    {
      dial: proxy,
      carriesHttp1: true,
      mesh: { identity, serverName: identity, hasHeader: true, mayNameProtocol: true },
    },
  ],
  [
    'transparent: the application port, no header',
    meshed('10.1.0.3:8080', identity, undefined),
    {
      dial: target,
      carriesHttp1: true,
      mesh: { identity, serverName: identity, hasHeader: false, mayNameProtocol: true },
    },
  ],
  [
    'opaque: a header that names no protocol',
    endpoint('10.1.0.3:8080', { tls, hint: { protocol: 'opaque', opaqueTransportPort: 4143 } }),
    {
      dial: proxy,
      carriesHttp1: false,
      mesh: { identity, serverName: identity, hasHeader: true, mayNameProtocol: false },
    },
  ],
  [
    'an identity alone is enough for TLS',
    endpoint('10.1.0.3:8080', { tls }),
    {
      dial: target,
      carriesHttp1: false,
      mesh: { identity, serverName: identity, hasHeader: false, mayNameProtocol: true },
    },
  ],
  [
    'a URI identity has its own server name, in lower case',
    endpoint('10.1.0.3:8080', { tls: { ...spiffe, serverName: 'DB.example' } }),
    {
      mesh: { identity: 'spiffe://example.org/db', serverName: 'db.example', hasHeader: false, mayNameProtocol: true },
    },
  ],
])('%s', (_what, given, expected) => {
  expect(reachOf(given)).toMatchObject({ kind: 'ok', reach: { target, ...expected } });
});

test.each([
  ['a URI identity without server name', endpoint('10.1.0.3:8080', { tls: spiffe }), /no server name/],
  ['an authority override', endpoint('10.1.0.3:8080', { tls, authorityOverride: 'a.b:80' }), /overrides the authority/],
])('never used: %s', (_what, given, reason) => {
  expect(reachOf(given)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
});

test('connections are kept when only labels change, and not when anything else does', () => {
  const reach = (more: Partial<Endpoint> = {}): Reach => {
    const result = reachOf(meshed('10.1.0.3:8080', identity, 4143, more));
    if (result.kind === 'refused') throw new Error(result.reason);
    return result.reach;
  };
  const before = reach();
  expect(isSameReach(before, reach({ labels: { zone: 'b' }, weight: 1 }))).toBe(true);
  const changes: Partial<Endpoint>[] = [
    { tls: { ...tls, identity: { kind: 'dns', name: 'other' } } },
    { tls: { ...tls, serverName: 'other' } },
    { tls: undefined },
    { hint: { protocol: 'h2' } },
    { hint: { protocol: 'h2', opaqueTransportPort: 4144 } },
    { hint: { protocol: 'opaque', opaqueTransportPort: 4143 } },
    { hint: { opaqueTransportPort: 4143 } },
    { keepAlive: { intervalMs: 1, timeoutMs: 1, whileIdle: true } },
  ];
  for (const change of changes) expect(isSameReach(before, reach(change)), JSON.stringify(change)).toBe(false);
});

test.each([
  ['a day left: a minute before', 86_400_000, 86_340_000],
  ['ten seconds left: one before', 10_000, 9000],
  ['none left: now', 0, 0],
  ['long over: now', -5000, -5000],
])('certificates are replaced in time: %s', (_what, notAfterMs, expected) => {
  expect(replaceAtMs(notAfterMs, 0)).toBe(expected);
});
