/** Signed structures `SEQUENCE { content, algorithm, signature }`, as certificates and requests are: reading, checking, making. */
import { type KeyObject, sign, verify } from 'node:crypto';
import { Malformed } from '../der/malformed.ts';
import { type DerElement, tags } from '../der/read.ts';
import { bitStringBytesOf, childrenOf, oidOf } from '../der/values.ts';
import { bitString, oid, sequence } from '../der/write.ts';
import type { SignatureAlgorithm, SignedPart } from '../model.ts';
import { oids } from '../oids.ts';

const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.10045.4.3.2': { kind: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ecdsa', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { kind: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa', hash: 'sha512' },
};

export interface SignedElement extends SignedPart {
  readonly content: DerElement;
  /** The algorithm identifier, which a certificate repeats inside its signed content. */
  readonly algorithmDer: Buffer;
}

export const readSigned = (outer: DerElement, what: string): SignedElement => {
  const [content, algorithm, signature, ...rest] = childrenOf(outer, tags.sequence, what);
  if (content === undefined || rest.length > 0) throw new Malformed(`${what} is not content, algorithm and signature`);
  const [id, parameters] = childrenOf(algorithm, tags.sequence, 'the signature algorithm');
  const algorithmOid = oidOf(id, 'the signature algorithm');
  const known = algorithms[algorithmOid];
  // RFC 5758 section 3.2: no parameters for ECDSA; RFC 4055 section 5: NULL for RSA.
  const wantsNull = known?.kind === 'rsa';
  if (known !== undefined && (parameters?.tag === tags.null) !== wantsNull) {
    throw new Malformed('the signature algorithm has unexpected parameters');
  }
  return {
    content,
    bytes: content.bytes,
    algorithm: known ?? { kind: 'other', oid: algorithmOid },
    algorithmDer: algorithm?.bytes ?? Buffer.alloc(0),
    signature: bitStringBytesOf(signature, 'the signature'),
  };
};

/** True when `publicKey` made the signature. The key's type must be the one the algorithm names. */
export const isSignedBy = (part: SignedPart, publicKey: KeyObject): boolean => {
  const { algorithm } = part;
  if (algorithm.kind === 'other') return false;
  if (publicKey.asymmetricKeyType !== (algorithm.kind === 'ecdsa' ? 'ec' : 'rsa')) return false;
  return verify(algorithm.hash, part.bytes, publicKey, part.signature);
};

/** Our own algorithm for everything we sign: ECDSA with SHA-256. */
export const ecdsaWithSha256 = (): Buffer => sequence(oid(oids.ecdsaWithSha256));

export const encodeSigned = (content: Buffer, key: KeyObject): Buffer =>
  sequence(content, ecdsaWithSha256(), bitString(sign('sha256', content, key)));
