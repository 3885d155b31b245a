import { allNetworks } from '@heddle/names';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp, decideTcp } from './decide.ts';
import { type DefaultPolicyName, defaultPolicy, defaultPolicyNames } from './defaults.ts';
import { requestFrom } from './request-from.ts';
import { client, network } from './testing/index.ts';

const cluster = [network('10.0.0.0/8').net];

// Features section 2.6: who may, by name of the policy.
const mayPass: Readonly<Record<DefaultPolicyName, readonly string[]>> = {
  'all-unauthenticated': ['meshed inside', 'meshed outside', 'plaintext inside', 'plaintext outside'],
  'all-authenticated': ['meshed inside', 'meshed outside'],
  'cluster-unauthenticated': ['meshed inside', 'plaintext inside'],
  'cluster-authenticated': ['meshed inside'],
  audit: ['meshed inside', 'meshed outside', 'plaintext inside', 'plaintext outside'],
  deny: [],
};

test.each(defaultPolicyNames)('%s', (name) => {
  const ips = { inside: '10.1.0.5', outside: '192.0.2.1' };
  for (const isOpaque of [false, true]) {
    const compiled = compilePolicy(defaultPolicy(name, cluster, { isOpaque, timeoutMs: 10_000 }));
    const allowed = (['meshed', 'plaintext'] as const).flatMap((who) =>
      (['inside', 'outside'] as const)
        .filter((where) => {
          const connection = forConnection(compiled, client(who === 'meshed' ? 'web' : who, ips[where]));
          const tcp = decideTcp(connection).kind;
          const http = decideHttp(connection, requestFrom({ target: '/any' }));
          // An opaque port has no HTTP to route.
          if (isOpaque || name === 'deny') expect(http).toMatchObject({ kind: 'deny', reason: 'noRoute' });
          else expect(http.kind).toBe(tcp);
          return tcp === 'permit';
        })
        .map((where) => `${who} ${where}`),
    );
    expect(allowed).toEqual(mayPass[name]);
  }
});

test('the whole value', () => {
  expect(defaultPolicy('all-authenticated', cluster, { timeoutMs: 10_000 })).toEqual({
    server: { kind: 'default', name: 'all-authenticated' },
    protocol: { kind: 'detect', timeoutMs: 10_000, routes: [] },
    authorizations: [
      {
        ref: { kind: 'default', name: 'all-authenticated' },
        networks: allNetworks.map((net) => ({ net, except: [] })),
        authentication: { kind: 'identities', identities: [], suffixes: [[]] },
      },
    ],
    serverIps: [],
  });
});

test('a cluster without networks grants nothing', () => {
  expect(defaultPolicy('cluster-unauthenticated', [], { timeoutMs: 1 }).authorizations).toEqual([]);
});
