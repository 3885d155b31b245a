import { expect, test } from 'vitest';
import {
  namespaceIdentitySuffix,
  parseIdentity,
  parseIdentityPattern,
  parseServiceAccountIdentity,
  parseServiceAccountUser,
  serviceAccountIdentity,
  serviceAccountUser,
} from './identity.ts';
import { orThrow } from './parsed.ts';

const domain = { controlPlaneNamespace: 'linkerd', trustDomain: 'cluster.local' };

test.each([
  [{ name: 'web', namespace: 'shop' }, 'web.shop.serviceaccount.identity.linkerd.cluster.local'],
  [{ name: 'web.v2', namespace: 'shop' }, 'web.v2.shop.serviceaccount.identity.linkerd.cluster.local'],
])('%j is %s', (account, name) => {
  expect(serviceAccountIdentity(account, domain)).toBe(name);
  expect(orThrow(parseServiceAccountIdentity(name))).toEqual({ ...account, ...domain });
  expect(name.endsWith(`.${namespaceIdentitySuffix(account.namespace, domain)}`)).toBe(true);
});

test('an account named like an identity does not become another account', () => {
  const sly = { name: 'admin.shop.serviceaccount.identity.linkerd.cluster.local', namespace: 'evil' };
  expect(orThrow(parseServiceAccountIdentity(serviceAccountIdentity(sly, domain)))).toEqual({ ...sly, ...domain });
});

test.each([
  '',
  'web',
  'web.shop.serviceaccount.identity.linkerd',
  'shop.serviceaccount.identity.linkerd.cluster.local',
  '.shop.serviceaccount.identity.linkerd.cluster.local',
  'web..serviceaccount.identity.linkerd.cluster.local',
  'Web.shop.serviceaccount.identity.linkerd.cluster.local',
  'web.shop.serviceaccount.identity..cluster.local',
  'web.shop.serviceaccount.identity.linkerd.cluster.local.',
  'spiffe://cluster.local/web',
])('%j is no service account identity', (name) => {
  expect(parseServiceAccountIdentity(name)).toMatchObject({ kind: 'error', subject: 'identity' });
});

test.each([
  ['web.shop.serviceaccount.identity.linkerd.cluster.local', 'dns'],
  ['client.external.test', 'dns'],
  ['spiffe://example.org/ns/shop/sa/web', 'spiffe'],
  ['spiffe://example.org', 'spiffe'],
  [`${'a'.repeat(63)}.b`, 'dns'],
])('%s is a %s identity', (name, kind) => {
  expect(orThrow(parseIdentity(name))).toMatchObject({ kind, name });
});

test.each([
  '',
  '.',
  'a..b',
  '-a',
  'a-',
  'a_b',
  '*',
  '*.b',
  'a.*',
  'a b',
  'a\0b',
  `${'a'.repeat(64)}.b`,
  `${'abcdefghi.'.repeat(26)}a`,
  'http://a/b',
  'spiffe://',
  'spiffe:///a',
  'spiffe://a/../b',
  'spiffe://a/.',
  'spiffe://a//b',
  'spiffe://a/b/',
  'spiffe://A/b',
  'spiffe://a:80/b',
  'spiffe://a/%61',
  'spiffe://a/b?c',
])('%j is no identity', (name) => {
  expect(parseIdentity(name)).toMatchObject({ kind: 'error', subject: 'identity' });
});

test.each([
  ['*', { kind: 'suffix', labels: [] }],
  ['*.shop.test', { kind: 'suffix', labels: ['shop', 'test'] }],
  ['web.shop.test', { kind: 'exact', name: 'web.shop.test' }],
  ['spiffe://a/b', { kind: 'exact', name: 'spiffe://a/b' }],
])('the pattern %s', (text, pattern) => {
  expect(orThrow(parseIdentityPattern(text))).toEqual(pattern);
});

test.each(['', '**', '*web', 'web.*.test', '*.', '*.*.test', 'spiffe://a/*'])('%j is no pattern', (text) => {
  expect(parseIdentityPattern(text)).toMatchObject({ kind: 'error', subject: 'identity' });
});

test('service account users', () => {
  const account = { name: 'web.v2', namespace: 'shop' };
  expect(serviceAccountUser(account)).toBe('system:serviceaccount:shop:web.v2');
  expect(orThrow(parseServiceAccountUser('system:serviceaccount:shop:web.v2'))).toEqual(account);
});

test.each([
  '',
  'admin',
  'system:serviceaccount:',
  'system:serviceaccount:shop',
  'system:serviceaccount:shop:',
  'system:serviceaccount:a.b:web',
  'system:serviceaccount:shop:web:x',
  'system:serviceaccount:shop:We b',
])('%j is no service account user', (user) => {
  expect(parseServiceAccountUser(user)).toMatchObject({ kind: 'error', subject: 'serviceAccount' });
});

test('an error quotes hostile text visibly and not at length', () => {
  const error = parseIdentity(`a\n${'b'.repeat(500)}`);
  expect(error.kind === 'error' && error.message).toMatch(/^"a\\nb{78}…" is not an identity; write/);
});
