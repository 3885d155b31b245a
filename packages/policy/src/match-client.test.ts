/** Who and where from: identities and networks. */
import { orThrow, parseIp } from '@heddle/names';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileAuthentication, matchesAuthentication } from './match-identity.ts';
import { matchesNetworks } from './match-network.ts';
import type { TlsFacts } from './model.ts';
import { anybody, anyTls, identities, network } from './testing/index.ts';

const mutual = (identity: string): TlsFacts => ({ kind: 'mutual', identity });
const web = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const pay = 'web.pay.serviceaccount.identity.linkerd.cluster.local';
const shop = '*.shop.serviceaccount.identity.linkerd.cluster.local';

test.each([
  ['*', web, true],
  ['*', 'a', true],
  ['*', 'spiffe://test/web', false],
  ['*', '', false],
  [shop, web, true],
  [shop, pay, false],
  [shop, 'shop.serviceaccount.identity.linkerd.cluster.local', false],
  [shop, '.shop.serviceaccount.identity.linkerd.cluster.local', false],
  [shop, 'workshop.serviceaccount.identity.linkerd.cluster.local', false],
  [shop, `${web}.evil.test`, false],
  ['*.web', 'spiffe://a.web', false],
  [web, web, true],
  [web, web.toUpperCase(), false],
  [web, `${web}.`, false],
  [web, `x${web}`, false],
  ['spiffe://test/web', 'spiffe://test/web', true],
  ['spiffe://test/web', 'spiffe://test/web/x', false],
])('%s against %j: %s', (pattern, name, expected) => {
  expect(matchesAuthentication(compileAuthentication(identities(pattern)), mutual(name))).toBe(expected);
});

test.each<[string, boolean, boolean, boolean]>([
  ['none', true, false, false],
  ['anonymous', true, true, false],
  ['mutual', true, true, true],
])('a connection with TLS %s', (kind, isAnybody, isTls, isIdentity) => {
  const tls = { kind, identity: web } as TlsFacts;
  expect(matchesAuthentication(compileAuthentication(anybody), tls)).toBe(isAnybody);
  expect(matchesAuthentication(compileAuthentication(anyTls), tls)).toBe(isTls);
  expect(matchesAuthentication(compileAuthentication(identities('*')), tls)).toBe(isIdentity);
});

test('no identity listed is nobody', () => {
  expect(matchesAuthentication(compileAuthentication(identities()), mutual(web))).toBe(false);
});

// CVE-2026-39350: names made into expressions, whose dots and stars matched other names.
test('a name matches itself only, whatever characters it has', () => {
  const character = fc.constantFrom(...'ab.*+?^$|()[]{}\\-/'.split(''));
  const name = fc.string({ unit: character, minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(name, name, (listed, proved) => {
      const exactly = { kind: 'identities', identities: [listed], suffixes: [] } as const;
      expect(matchesAuthentication(compileAuthentication(exactly), mutual(proved))).toBe(listed === proved);
      const ending = { kind: 'identities', identities: [], suffixes: [[listed]] } as const;
      const isUnder = proved.endsWith(`.${listed}`) && proved.length > listed.length + 1;
      expect(matchesAuthentication(compileAuthentication(ending), mutual(proved))).toBe(isUnder);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [['10.0.0.0/8'], '10.1.2.3', true],
  [['10.0.0.0/8'], '11.1.2.3', false],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['::/0'], '10.1.2.3', false],
  [['10.0.0.0/8 except 10.1.0.0/16'], '10.1.2.3', false],
  [['10.0.0.0/8 except 10.1.0.0/16'], '10.2.2.3', true],
  // An exception holds within its own network only.
  [['10.0.0.0/8 except 10.1.0.0/16', '10.1.2.0/24'], '10.1.2.3', true],
  [['10.0.0.0/8 except 10.1.0.0/16 10.2.0.0/16'], '10.2.2.3', false],
  [[], '10.1.2.3', false],
])('%j from %s: %s', (networks, ip, expected) => {
  expect(matchesNetworks(networks.map(network), orThrow(parseIp(ip)))).toBe(expected);
});
