import { createHmac, createPublicKey } from 'node:crypto';
import { createTokenMint, FakeClock, type TokenMint } from '@heddle/testkit';
import type { JWK } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { JwksAuthenticator } from './jwks-authenticator.ts';
import { parseKeySet } from './key-set.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';
const account = { namespace: 'shop', name: 'web' };
const nowMs = Date.UTC(2026, 5, 1);
const hourMs = 3_600_000;

let mint: TokenMint;
let rsaMint: TokenMint;
let other: TokenMint;

beforeAll(async () => {
  [mint, rsaMint, other] = await Promise.all([
    createTokenMint('ES256', 'ec'),
    createTokenMint('RS256', 'rsa'),
    createTokenMint('ES256', 'ec'),
  ]);
});

const authenticator = (keys: readonly unknown[] = [...mint.jwks.keys, ...rsaMint.jwks.keys]): JwksAuthenticator => {
  const made = new JwksAuthenticator({
    issuer,
    audience: 'identity.l5d.io',
    clock: new FakeClock(nowMs),
    clockSkewMs: 20_000,
  });
  const set = parseKeySet(JSON.stringify({ keys }));
  if (set.kind === 'invalid') throw new Error(set.reason);
  made.setKeys(set.value);
  return made;
};

const verdictOf = async (token: string | Promise<string>, keys?: readonly unknown[]): Promise<string> => {
  const verdict = await authenticator(keys).authenticate(await token);
  return verdict.kind === 'authenticated' ? `${verdict.account.namespace}/${verdict.account.name}` : verdict.reason;
};

const minted = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  mint.mint(account, { nowMs, claims });
const seconds = (ms: number): number => Math.floor(ms / 1000);

test.each([
  ['as the kubelet writes it', {}, 'shop/web'],
  ['for two audiences', { aud: ['vault', 'identity.l5d.io'] }, 'shop/web'],
  ['without a kubernetes.io claim', { 'kubernetes.io': undefined }, 'shop/web'],
  ['just expired, within the skew', { exp: seconds(nowMs) - 10 }, 'shop/web'],
  ['for another audience', { aud: 'https://kubernetes.default.svc' }, 'the token is for another audience'],
  ['without an audience', { aud: undefined }, 'the token has no "aud" claim'],
  ['by another issuer', { iss: 'https://evil.example' }, 'the token is by another issuer'],
  ['without an issuer', { iss: undefined }, 'the token has no "iss" claim'],
  [
    'expired',
    { exp: seconds(nowMs - hourMs) },
    'the token has expired (2026-05-31T23:00:00.000Z; the clock here says 2026-06-01T00:00:00.000Z)',
  ],
  ['without an end', { exp: undefined }, 'the token has no "exp" claim'],
  ['with an end that is text', { exp: 'never' }, 'the token\'s "exp" claim is not acceptable'],
  ['of the future', { nbf: seconds(nowMs + hourMs) }, 'the token is not valid yet (2026-06-01T01:00:00.000Z;'],
  ['without a subject', { sub: undefined }, 'the token has no "sub" claim'],
  ['of a user', { sub: 'kubernetes-admin' }, 'is not a service account user'],
  ['of a node', { sub: 'system:node:worker-1' }, 'is not a service account user'],
  ['with a longer subject', { sub: 'system:serviceaccount:shop:web:admin' }, 'is not a service account user'],
  ['with dots in its namespace', { sub: 'system:serviceaccount:pay.api:web' }, 'is not a service account user'],
  ['with a subject that is no text', { sub: 7 }, 'is not a service account user'],
  [
    'bound to another account',
    { sub: 'system:serviceaccount:shop:admin' },
    'names one ServiceAccount as its subject and another',
  ],
  [
    'bound to another namespace',
    { 'kubernetes.io': { namespace: 'pay', serviceaccount: { name: 'web' } } },
    'and another',
  ],
  ['with a kubernetes.io claim that is text', { 'kubernetes.io': 'shop' }, 'and another'],
])('a token %s', async (_name, claims, expected) => {
  expect(await verdictOf(minted(claims))).toContain(expected);
});

test('keys are told apart by algorithm and key id', async () => {
  expect(await verdictOf(rsaMint.mint(account, { nowMs }))).toBe('shop/web');
  expect(await verdictOf(other.mint(account, { nowMs }))).toBe('the signature of the token does not verify');
  expect(await verdictOf(minted(), rsaMint.jwks.keys)).toBe('no known key fits the token');
});

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The payload of a good token under a header and signature of the attacker's choice. */
const forged = async (header: unknown, signature: (signed: string) => string): Promise<string> => {
  const [, payload = ''] = (await minted()).split('.');
  const signed = `${part(header)}.${payload}`;
  return `${signed}.${signature(signed)}`;
};

const hmacWith = (key: JWK | undefined) => (signed: string) =>
  createHmac('sha256', createPublicKey({ key: key ?? {}, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
    .update(signed)
    .digest('base64url');

test.each([
  ['alg none', () => forged({ alg: 'none' }, () => '')],
  ['alg None with a signature', () => forged({ alg: 'None', kid: 'ec' }, () => 'AAAA')],
  [
    'HMAC with the public RSA key as the secret',
    () => forged({ alg: 'HS256', kid: 'rsa' }, hmacWith(rsaMint.jwks.keys[0])),
  ],
  ['HMAC with the public EC key as the secret', () => forged({ alg: 'HS256', kid: 'ec' }, hmacWith(mint.jwks.keys[0]))],
  ['RS256 with the EC key', () => forged({ alg: 'RS256', kid: 'ec' }, () => 'AAAA')],
  ['ES256 with the RSA key', () => forged({ alg: 'ES256', kid: 'rsa' }, () => part('x'.repeat(64)))],
  [
    'ES256 with a signature of zeros',
    () => forged({ alg: 'ES256', kid: 'ec' }, () => Buffer.alloc(64).toString('base64url')),
  ],
  ['ES256K', () => forged({ alg: 'ES256K', kid: 'ec' }, () => part('x'.repeat(64)))],
  ['no algorithm', () => forged({ kid: 'ec' }, () => 'AAAA')],
  ['a key inside of the token', () => forged({ alg: 'ES256', jwk: other.jwks.keys[0] }, () => part('x'.repeat(64)))],
  [
    'a key to be fetched',
    () => forged({ alg: 'ES256', jku: 'http://169.254.169.254/', kid: 'x' }, () => part('x'.repeat(64))),
  ],
  [
    'a critical extension',
    () => forged({ alg: 'ES256', kid: 'ec', crit: ['b64'], b64: false }, () => part('x'.repeat(64))),
  ],
  ['nothing in it', () => ''],
  ['text in it', () => 'hello'],
  ['two parts', async () => (await minted()).split('.').slice(0, 2).join('.')],
  ['five parts', async () => `${await minted()}.x.y`],
  ['a header that is no JSON', () => `${part('{')}.${part('{}')}.AAAA`],
  ['a payload that is no object', () => `${part({ alg: 'ES256', kid: 'ec' })}.${part('[]')}.AAAA`],
  [
    'a byte changed',
    async () => (await minted()).replace(/\.([^.])(?=[^.]*$)/, (_all, first) => (first === 'A' ? '.B' : '.A')),
  ],
  ['blanks around it', async () => `\n ${await minted()} `],
  ['20 kB', () => 'a'.repeat(20_000)],
])('a token with %s is refused', async (_name, make) => {
  const verdict = await authenticator().authenticate(await make());
  expect(verdict.kind).toBe('refused');
});

test('without keys nobody is authenticated: not loaded is unavailable, empty is refused', async () => {
  const clock = new FakeClock(nowMs);
  const unloaded = new JwksAuthenticator({ issuer, audience: 'identity.l5d.io', clock, clockSkewMs: 0 });
  expect((await unloaded.authenticate(await minted())).kind).toBe('unavailable');
  expect(await verdictOf(minted(), [])).toBe('no known key fits the token');
});

test('keys are replaced as a whole', async () => {
  const made = authenticator();
  made.setKeys({ keys: other.jwks.keys, skipped: [] });
  expect((await made.authenticate(await minted())).kind).toBe('refused');
  expect((await made.authenticate(await other.mint(account, { nowMs }))).kind).toBe('authenticated');
});

test.each([
  ['a secret', { kty: 'oct', k: 'c2VjcmV0' }, 'key type "oct" is not one of'],
  ['a private key', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'z' }, 'it holds a private key'],
  ['an encryption key', { kty: 'EC', use: 'enc' }, 'it is not for signatures'],
  ['a key for HMAC', { kty: 'RSA', alg: 'HS256' }, 'algorithm "HS256" is not allowed'],
  ['a key without values', { kty: 'EC', crv: 'P-256' }, 'its values are not a public key'],
  [
    'a short RSA key',
    { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' },
    'an RSA key of 1024 bits',
  ],
  ['null', null, 'not an object'],
  ['a key of no type', {}, 'key type undefined'],
])('%s in the set is left out and named', (_name, entry, expected) => {
  const set = parseKeySet(JSON.stringify({ keys: [...mint.jwks.keys, entry] }));
  expect(set).toEqual({
    kind: 'ok',
    value: { keys: mint.jwks.keys, skipped: [expect.stringContaining(`key 2: ${expected}`)] },
  });
});

test.each(['', '{', '[]', 'null', '{"keys":{}}', '{"keys":null}', `{"keys":[${'{},'.repeat(100)}{}]}`])(
  '%s is no key set',
  (text) => {
    expect(parseKeySet(text).kind).toBe('invalid');
  },
);
