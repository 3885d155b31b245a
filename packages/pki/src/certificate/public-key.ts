/** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what kind of key it is, and the key itself. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { Malformed } from '../der/malformed.ts';
import { type DerElement, readDer, tags } from '../der/read.ts';
import { bitStringBytesOf, childrenOf, integerBytesOf, oidOf } from '../der/values.ts';
import type { PublicKeyFacts } from '../model.ts';
import { oids } from '../oids.ts';

const curves: Readonly<Record<string, 'P-256' | 'P-384' | 'P-521'>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

export interface PublicKeyInfo {
  readonly publicKey: KeyObject;
  readonly key: PublicKeyFacts;
}

/** Reads a key; OpenSSL checks that a point is on its curve. Explicit curve parameters and compressed points are refused. */
export const readPublicKey = (info: DerElement | undefined): PublicKeyInfo => {
  const [algorithm, bits] = childrenOf(info, tags.sequence, 'the public key');
  const [id, parameters] = childrenOf(algorithm, tags.sequence, 'the public key algorithm');
  const key = keyFactsOf(oidOf(id, 'the public key algorithm'), parameters, bitStringBytesOf(bits, 'the public key'));
  return { key, publicKey: importKey(info?.bytes ?? Buffer.alloc(0)) };
};

const keyFactsOf = (algorithm: string, parameters: DerElement | undefined, bits: Buffer): PublicKeyFacts => {
  if (algorithm === oids.ecPublicKey) {
    const curve = curves[oidOf(parameters, 'the curve')];
    if (curve === undefined) throw new Malformed('the key is on a curve other than P-256, P-384 and P-521');
    if (bits[0] !== 4) throw new Malformed('the elliptic curve point is not in uncompressed form');
    return { kind: 'ec', curve };
  }
  if (algorithm === oids.rsaEncryption) {
    const [modulus] = childrenOf(readDer(bits, { maxBytes: 4096, maxDepth: 2 }), tags.sequence, 'the RSA key');
    const digits = integerBytesOf(modulus, 'the RSA modulus');
    const magnitude = digits[0] === 0 ? digits.subarray(1) : digits;
    return { kind: 'rsa', bits: magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24 };
  }
  return { kind: 'other', algorithm };
};

const importKey = (der: Buffer): KeyObject => {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Malformed('the public key is not usable', { cause });
  }
};

/** Key identifier: the leftmost 160 bits of the SHA-256 of the key bits (RFC 7093 section 2, method 1). */
export const keyIdOf = (publicKey: KeyObject): Buffer => {
  const info = readDer(encodePublicKey(publicKey), { maxBytes: 4096, maxDepth: 4 });
  return createHash('sha256').update(bitStringBytesOf(info.children[1], 'the public key')).digest().subarray(0, 20);
};

export const encodePublicKey = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });
