import { orThrow, parseIp, parseNetwork } from '@heddle/names';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp } from './decide.ts';

test('smoke', () => {
  const ref = (resource: string, name: string) => ({
    kind: 'resource' as const,
    group: 'policy.linkerd.io',
    resource,
    namespace: 'b',
    name,
  });
  const compiled = compilePolicy({
    server: ref('server', 's'),
    serverIps: [],
    authorizations: [],
    protocol: {
      kind: 'detect',
      timeoutMs: 10000,
      routes: [
        {
          ref: ref('httproute', 'r'),
          hosts: [],
          rules: [
            {
              filters: [],
              matches: [{ path: { kind: 'prefix', value: '/authors/' }, headers: [], queryParams: [], method: 'GET' }],
            },
          ],
          authorizations: [
            {
              ref: ref('authorizationpolicy', 'a'),
              networks: [{ net: orThrow(parseNetwork('0.0.0.0/0')), except: [] }],
              authentication: { kind: 'identities', identities: ['books.b'], suffixes: [] },
            },
          ],
        },
      ],
    },
  });
  const c = forConnection(compiled, {
    clientIp: orThrow(parseIp('10.0.0.1')),
    isLocal: false,
    tls: { kind: 'mutual', identity: 'books.b' },
  });
  const req = (method: string, target: string) =>
    decideHttp(c, { method, target, authority: 'x', someHeader: () => false });
  expect(req('GET', '/authors/1').kind).toBe('permit');
  expect(req('GET', '/authors/../admin')).toMatchObject({ reason: 'ambiguousPath' });
  expect(req('GET', '/authors/%61')).toMatchObject({ kind: 'permit' });
  expect(req('GET', '/admin')).toMatchObject({ reason: 'noRoute' });
});
