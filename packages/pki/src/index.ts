/**
 * X.509 for the mesh: trust anchor -> issuer -> leaf, requests, bundles, verification (reference: wire section 5).
 * Making a certificate is three steps that stay apart: a template says what it holds, a check says whether it may be
 * issued, signing turns it into bytes.
 */
import type { KeyObject } from 'node:crypto';
import type {
  Authority,
  Certificate,
  CertificateRequest,
  IssuedLeaf,
  KeyPurpose,
  Parsed,
  RandomBytes,
} from './model.ts';

export type * from './model.ts';

// Keys
export declare const generatePrivateKey: () => KeyObject;
export declare const encodePkcs8: (key: KeyObject) => Buffer;
export declare const encodePkcs8Pem: (key: KeyObject) => string;
/** PEM (PKCS#8, SEC1) or DER PKCS#8. */
export declare const parsePrivateKey: (text: string | Uint8Array) => Parsed<KeyObject>;

// Reading
export declare const parseCertificate: (der: Uint8Array) => Parsed<Certificate>;
export declare const parsePemBundle: (pem: string) => Parsed<readonly Certificate[]>;
export declare const encodePem: (certificates: readonly Certificate[]) => string;
/** SHA-256, hex, of the set of certificates, whatever their order. */
export declare const bundleDigest: (certificates: readonly Certificate[]) => string;

// Requests
export declare const createCsr: (identity: string, key: KeyObject) => Buffer;
export declare const parseCsr: (der: Uint8Array) => Parsed<CertificateRequest>;
/** undefined when the request may become a certificate for `identity`; otherwise why not. */
export declare const whyCsrUnacceptable: (request: CertificateRequest, identity: string) => string | undefined;

// Issuing
export interface ValidityWindow {
  readonly nowMs: number;
  readonly lifetimeMs: number;
  readonly clockSkewMs?: number;
}
export interface AuthorityOptions extends ValidityWindow {
  readonly commonName: string;
  readonly randomBytes: RandomBytes;
  /** A fresh P-256 key by default. */
  readonly key?: KeyObject;
}
export declare const createTrustAnchor: (options: AuthorityOptions) => Authority;
export declare const createIssuer: (parent: Authority, options: AuthorityOptions) => Authority;
export interface LeafOptions extends ValidityWindow {
  readonly identity: string;
  readonly randomBytes: RandomBytes;
}
/** `invalid` when the issuer is not valid at `nowMs`. */
export declare const issueLeaf: (
  issuer: Authority,
  request: CertificateRequest,
  options: LeafOptions,
) => Parsed<IssuedLeaf>;

// Verification
export interface ChainExpectation {
  readonly nowMs: number;
  readonly purpose: KeyPurpose;
  /** Identity (DNS or URI) the leaf must carry; without it, any well-formed one. */
  readonly identity?: string;
}
export interface VerifiedChain {
  /** The leaf's identity. */
  readonly identity: string;
  /** Leaf first, trust anchor last. */
  readonly path: readonly Certificate[];
  /** The earliest end of all certificates in the path. */
  readonly notAfterMs: number;
}
export declare const verifyChain: (
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  expected: ChainExpectation,
) => Parsed<VerifiedChain>;

/** Reads crt.pem/key.pem (tls.crt/tls.key) text: the issuer first, then its intermediates; the key must match. */
export declare const parseAuthority: (certificatesPem: string, keyPem: string) => Parsed<Authority>;
/** undefined when `issuer` may issue under `anchors` now; otherwise every reason why not. */
export declare const whyIssuerUnusable: (
  issuer: Authority,
  anchors: readonly Certificate[],
  nowMs: number,
) => readonly string[] | undefined;
