import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodePkcs8, encodePkcs8Pem, generatePrivateKey, parsePrivateKey } from './keys.ts';
import { orFail } from './testing/authorities.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const key = generatePrivateKey();
const sec1 = key.export({ type: 'sec1', format: 'pem' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

test.each([
  ['PKCS#8 DER', encodePkcs8(key)],
  ['PKCS#8 PEM', encodePkcs8Pem(key)],
  ['SEC1 PEM', sec1],
  [
    'SEC1 PEM after its parameters',
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
  ],
])('%s is read back', (_name, encoded) => {
  expect(orFail(parsePrivateKey(encoded)).equals(key)).toBe(true);
});

test('PKCS#1 is read', () => {
  expect(orFail(parsePrivateKey(rsa.export({ type: 'pkcs1', format: 'pem' }))).equals(rsa)).toBe(true);
});

test.each([
  ['DER of something else', Buffer.from('3003020100', 'hex')],
  ['empty DER', Buffer.alloc(0)],
  ['a public key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
])('%s is not a private key, and the message quotes nothing', (_name, encoded) => {
  const result = parsePrivateKey(encoded);
  expect(result.kind === 'invalid' && result.reason).toMatch(/^(not a private key in pkcs8 form|0 private keys found)/);
});

test.skipIf(!hasOpenssl)('openssl reads our PKCS#8 (needs the openssl command)', () => {
  expect(openssl(['pkey', '-in', 'key.pem', '-noout', '-text'], { 'key.pem': encodePkcs8Pem(key) })).toMatch(
    /^0 .*NIST CURVE: P-256/s,
  );
});
