/**
 * The values this package speaks of: certificates and requests as facts that were read once and checked, and the keys
 * that sign them. Nothing here opens a file, reads a clock or draws a random number.
 */
import type { KeyObject } from 'node:crypto';

/** What a parser or a check of untrusted bytes returns; `reason` is a sentence fit for a log line or a gRPC status. */
export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Fills a buffer with random bytes; `randomBytes` of node:crypto outside of tests. */
export type RandomBytes = (size: number) => Uint8Array;

/**
 * The one name a certificate or request carries. A certificate speaks for a mesh identity only if its subject
 * alternative names are exactly one entry, a DNS name or a URI, well formed and in lower case; everything else is
 * `none`, with the reason. The common name never counts.
 */
export type SubjectIdentity =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'uri'; readonly name: string }
  | { readonly kind: 'none'; readonly reason: string };

export type PublicKeyFacts =
  | { readonly kind: 'ec'; readonly curve: 'P-256' | 'P-384' | 'P-521' }
  | { readonly kind: 'rsa'; readonly bits: number }
  /** Ed25519 and everything else that no mesh certificate may carry. */
  | { readonly kind: 'other'; readonly algorithm: string };

/** Extended key usages we give a meaning to; others are ignored. */
export type KeyPurpose = 'serverAuth' | 'clientAuth';

/** One certificate, read and structurally checked (RFC 5280); nothing is said about trust or time. */
export interface Certificate {
  readonly der: Buffer;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  /** For messages: `CN=root.linkerd.cluster.local`. Names are compared by their DER. */
  readonly subject: string;
  readonly issuer: string;
  readonly subjectDer: Buffer;
  readonly issuerDer: Buffer;
  readonly identity: SubjectIdentity;
  /** Unix milliseconds; the certificate is valid from `notBeforeMs` up to and including `notAfterMs`. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Lower-case hex without leading zeros. */
  readonly serialHex: string;
  readonly publicKey: KeyObject;
  readonly key: PublicKeyFacts;
  readonly isCa: boolean;
  /** Number of CA certificates that may follow below this one; undefined means no limit. */
  readonly pathLength: number | undefined;
  /** Undefined when the extension is absent, which allows everything (RFC 5280 section 4.2.1.3). */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** Undefined when the extension is absent, which allows everything. */
  readonly extendedKeyUsage: ReadonlySet<KeyPurpose> | undefined;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** Object identifiers of extensions that a verifier must understand and we do not. */
  readonly unsupportedCritical: readonly string[];
  /** The signed part and its signature, for chain verification. */
  readonly signed: SignedPart;
}

export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'keyCertSign' | 'cRLSign';

export interface SignedPart {
  readonly bytes: Buffer;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
}

export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa' | 'rsa'; readonly hash: 'sha256' | 'sha384' | 'sha512' }
  | { readonly kind: 'other'; readonly oid: string };

/** A PKCS#10 request whose own signature was verified (RFC 2986). */
export interface CertificateRequest {
  readonly der: Buffer;
  /** Copied into the leaf as it is. */
  readonly subjectDer: Buffer;
  /** Every attribute of the subject, in order; `type` is an object identifier. */
  readonly subject: readonly NameAttribute[];
  readonly names: RequestedNames;
  readonly publicKey: KeyObject;
  readonly key: PublicKeyFacts;
}

export interface NameAttribute {
  readonly type: string;
  /** Text, or `#` and hex where the string type is not one of UTF8String, PrintableString, IA5String. */
  readonly text: string;
}

/** Subject alternative names as they stand in a request, by type (RFC 5280 section 4.2.1.6). */
export interface RequestedNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  readonly ip: readonly string[];
  /** Tag numbers of all other forms. */
  readonly other: readonly number[];
}

/** A certificate that may sign others, with its key and the certificates that lead from it to a trust anchor. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: KeyObject;
  /** Nearest first, trust anchor left out; empty when an anchor signed `certificate` or it is an anchor itself. */
  readonly intermediates: readonly Certificate[];
  /** The trust anchor all this leads to; undefined until `validateIssuer` found it, and for an anchor itself. */
  readonly anchor: Certificate | undefined;
}

export interface IssuedLeaf {
  readonly certificate: Certificate;
  /** What a peer needs besides the leaf: direct issuer first, without the trust anchor. */
  readonly intermediates: readonly Certificate[];
}
