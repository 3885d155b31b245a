/** Private keys: ECDSA P-256, made and held by node:crypto; PKCS#8 out, PKCS#8, SEC1 and PKCS#1 in. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Parsed } from './model.ts';
import { encodePemBlock, parsePem } from './pem.ts';

/** A fresh ECDSA P-256 key from the system's random source. */
export const generatePrivateKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

/** PKCS#8 DER, the form of `key.p8` in an identity directory. */
export const encodePkcs8 = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' });

export const encodePkcs8Pem = (key: KeyObject): string => encodePemBlock('PRIVATE KEY', encodePkcs8(key));

const encodings: Readonly<Record<string, 'pkcs8' | 'sec1' | 'pkcs1'>> = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
};

/** Reads PEM text holding one private key (PKCS#8, SEC1 or PKCS#1), or PKCS#8 DER bytes. */
export const parsePrivateKey = (input: string | Uint8Array): Parsed<KeyObject> => {
  if (typeof input !== 'string') return importKey(Buffer.from(input), 'pkcs8');
  const pem = parsePem(input);
  if (pem.kind === 'invalid') return pem;
  // openssl writes an EC PARAMETERS block before the key.
  const keys = pem.value.filter((block) => block.label.endsWith('PRIVATE KEY'));
  const [key] = keys;
  if (key === undefined || keys.length > 1) return invalid(`${keys.length} private keys found, expected one`);
  const encoding = encodings[key.label];
  if (encoding === undefined)
    return invalid(`${key.label} is not supported; give the key unencrypted as PKCS#8 or SEC1`);
  return importKey(key.der, encoding);
};

const importKey = (der: Buffer, type: 'pkcs8' | 'sec1' | 'pkcs1'): Parsed<KeyObject> => {
  try {
    return { kind: 'ok', value: createPrivateKey({ key: der, format: 'der', type }) };
  } catch {
    // The cause is left out on purpose: it may quote key material.
    return invalid(`not a private key in ${type} form`);
  }
};

const invalid = (reason: string): Parsed<KeyObject> => ({ kind: 'invalid', reason });
