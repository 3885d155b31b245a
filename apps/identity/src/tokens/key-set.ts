/** A JSON Web Key Set (RFC 7517) as text -> the keys that may verify tokens. */
import { createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';

export interface KeySet {
  readonly keys: readonly JWK[];
  /** What was left out, and why: for the log. */
  readonly skipped: readonly string[];
}

export type ParsedKeySet =
  | { readonly kind: 'ok'; readonly value: KeySet }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Asymmetric signatures only: a secret that verifies would also sign, and `none` proves nothing (RFC 8725 section 3.1). */
export const tokenAlgorithms: readonly string[] = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA'];

const keyTypes: readonly string[] = ['EC', 'RSA', 'OKP'];
const maxKeys = 100;

/** `invalid` when the text is no key set at all; a set without a usable key is valid and verifies nothing. */
export const parseKeySet = (text: string): ParsedKeySet => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'it is not JSON' };
  }
  const entries = typeof document === 'object' && document !== null && 'keys' in document ? document.keys : undefined;
  if (!Array.isArray(entries)) return { kind: 'invalid', reason: 'it has no list "keys" (RFC 7517 section 5)' };
  if (entries.length > maxKeys) return { kind: 'invalid', reason: `it has ${entries.length} keys, at most ${maxKeys}` };
  const keys: JWK[] = [];
  const skipped: string[] = [];
  for (const [index, entry] of (entries as readonly unknown[]).entries()) {
    const problem = whyUnusable(entry);
    if (problem === undefined) keys.push(entry as JWK);
    else skipped.push(`key ${index + 1}: ${problem}`);
  }
  return { kind: 'ok', value: { keys, skipped } };
};

const whyUnusable = (entry: unknown): string | undefined => {
  if (typeof entry !== 'object' || entry === null) return 'not an object';
  const { kty, use, alg, d, k } = entry as Readonly<Record<string, unknown>>;
  if (typeof kty !== 'string' || !keyTypes.includes(kty))
    return `key type ${JSON.stringify(kty)} is not one of ${keyTypes.join(', ')}`;
  if (d !== undefined || k !== undefined) return 'it holds a private key; publish public keys only';
  if (use !== undefined && use !== 'sig') return 'it is not for signatures';
  if (alg !== undefined && (typeof alg !== 'string' || !tokenAlgorithms.includes(alg)))
    return `algorithm ${JSON.stringify(alg)} is not allowed`;
  return whyNotImportable(entry);
};

const whyNotImportable = (entry: object): string | undefined => {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: entry, format: 'jwk' });
    const bits = asymmetricKeyDetails?.modulusLength;
    return bits !== undefined && bits < 2048 ? `an RSA key of ${bits} bits, at least 2048 are needed` : undefined;
  } catch {
    return 'its values are not a public key';
  }
};
