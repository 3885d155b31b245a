/**
 * Certificates for tests: one trust anchor, one issuer, any number of leaves, in process and in milliseconds. A second
 * mill is a foreign mesh.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import {
  type Authority,
  type Certificate,
  createCsr,
  createIssuer,
  createTrustAnchor,
  encodePem,
  encodePkcs8Pem,
  generatePrivateKey,
  issueLeaf,
  parseCsr,
} from '@heddle/pki';

export interface MillOptions {
  /** Everything is valid from a minute before this; now by default. */
  readonly nowMs?: number;
  readonly anchorName?: string;
}

export interface LeafOptions {
  readonly lifetimeMs?: number;
  /** The moment of issue; the mill's by default. */
  readonly nowMs?: number;
  readonly issuer?: Authority;
}

/** A leaf with its key: assignable to the transport package's `LeafCredentials`. */
export interface MilledLeaf {
  readonly identity: string;
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly key: KeyObject;
  /** Leaf and intermediates, and the key, as files hold them. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface CertificateMill {
  readonly anchor: Authority;
  readonly issuer: Authority;
  /** The trust bundle: the anchor alone. */
  readonly trustAnchors: readonly Certificate[];
  readonly trustAnchorsPem: string;
  /** Another issuer under the same anchor, for rotations. */
  anotherIssuer(options?: { readonly lifetimeMs?: number; readonly nowMs?: number }): Authority;
  /** A fresh leaf for a DNS-like identity. */
  leaf(identity: string, options?: LeafOptions): MilledLeaf;
}

const hourMs = 3_600_000;
const clockSkewMs = 60_000;

export const createCertificateMill = (options: MillOptions = {}): CertificateMill => {
  const { nowMs = Date.now(), anchorName = 'root.linkerd.cluster.local' } = options;
  const issuerName = 'identity.linkerd.cluster.local';
  const anchor = createTrustAnchor({
    commonName: anchorName,
    nowMs,
    lifetimeMs: 3650 * 24 * hourMs,
    clockSkewMs,
    randomBytes,
  });
  const anotherIssuer: CertificateMill['anotherIssuer'] = (issuerOptions = {}) =>
    createIssuer(anchor, {
      commonName: issuerName,
      nowMs: issuerOptions.nowMs ?? nowMs,
      lifetimeMs: issuerOptions.lifetimeMs ?? 365 * 24 * hourMs,
      clockSkewMs,
      randomBytes,
    });
  const issuer = anotherIssuer();
  return {
    anchor,
    issuer,
    trustAnchors: [anchor.certificate],
    trustAnchorsPem: encodePem([anchor.certificate]),
    anotherIssuer,
    leaf: (identity, leafOptions = {}) => millLeaf(identity, leafOptions.issuer ?? issuer, { nowMs, ...leafOptions }),
  };
};

const millLeaf = (identity: string, issuer: Authority, options: LeafOptions & { nowMs: number }): MilledLeaf => {
  const key = generatePrivateKey();
  const request = parseCsr(createCsr(identity, key));
  if (request.kind === 'invalid') throw new Error(`the mill made a bad request: ${request.reason}`);
  const lifetimeMs = options.lifetimeMs ?? 24 * hourMs;
  const issued = issueLeaf(issuer, request.value, {
    identity,
    nowMs: options.nowMs,
    lifetimeMs,
    clockSkewMs,
    randomBytes,
  });
  if (issued.kind === 'invalid') throw new Error(`no leaf for ${identity}: ${issued.reason}`);
  const { certificate: leaf, intermediates } = issued.value;
  return {
    identity,
    leaf,
    intermediates,
    key,
    chainPem: encodePem([leaf, ...intermediates]),
    keyPem: encodePkcs8Pem(key),
  };
};
