/**
 * Who is at the other end of a TLS connection. The chain the peer showed is verified by our own code (wire §5.4) on top
 * of what OpenSSL found; both must agree that it is good.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { type Certificate, type KeyPurpose, type Parsed, parseCertificate, verifyChain } from '@heddle/pki';
import { VerifiedLeaves } from './verified-leaves.ts';

/** A peer that proved its identity. */
export interface MeshPeer {
  /** The DNS or URI name of its certificate. */
  readonly identity: string;
  /** When the first certificate of its chain ends, Unix milliseconds: the connection must not outlive it. */
  readonly notAfterMs: number;
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  /** The bundle it was verified under. */
  readonly trustAnchors: readonly Certificate[];
  readonly purpose: KeyPurpose;
}

export interface PeerExpectation {
  readonly trustAnchors: readonly Certificate[];
  /** Unix milliseconds. */
  readonly wallMs: number;
  readonly purpose: KeyPurpose;
}

/** Longest chain read from a peer, leaf included. */
const maxChain = 8;

/** Verifies the certificates that the peer of a finished handshake showed; undefined when it showed none. */
export const verifiedPeer = (socket: TLSSocket, expected: PeerExpectation): Parsed<MeshPeer> | undefined => {
  const presented = socket.getPeerX509Certificate();
  if (presented === undefined) return undefined;
  const { raw } = presented;
  const known = verifiedLeaves.find(raw, expected);
  if (known !== undefined) return { kind: 'ok', value: known };
  const leaf = parseCertificate(raw);
  if (leaf.kind === 'invalid') return leaf;
  const intermediates: Certificate[] = [];
  for (const next of issuersOf(presented)) {
    if (intermediates.length === maxChain - 1) return invalid(`chain of more than ${maxChain} certificates`);
    const certificate = parseCertificate(next.raw);
    if (certificate.kind === 'invalid') return certificate;
    intermediates.push(certificate.value);
  }
  const peer = peerFrom(leaf.value, intermediates, expected);
  if (peer.kind === 'ok') verifiedLeaves.remember(peer.value, expected);
  return peer;
};

/** Peers come again, and reading and verifying a chain costs as much as the rest of a handshake. */
const verifiedLeaves = new VerifiedLeaves(1024);

/** Asks again, at a later time or under a newer trust bundle, whether a peer accepted before is still to be trusted. */
export const isStillTrusted = (peer: MeshPeer, trustAnchors: readonly Certificate[], wallMs: number): boolean =>
  peerFrom(peer.leaf, peer.intermediates, { trustAnchors, wallMs, purpose: peer.purpose }).kind === 'ok';

const peerFrom = (
  leaf: Certificate,
  intermediates: readonly Certificate[],
  expected: PeerExpectation,
): Parsed<MeshPeer> => {
  const { purpose, wallMs, trustAnchors } = expected;
  const verified = verifyChain(leaf, intermediates, trustAnchors, { nowMs: wallMs, purpose });
  if (verified.kind === 'invalid') return verified;
  const { identity, notAfterMs } = verified.value;
  return { kind: 'ok', value: { identity, notAfterMs, leaf, intermediates, trustAnchors, purpose } };
};

/** The certificates after the leaf, in the order in which they certify each other. */
function* issuersOf(leaf: X509Certificate): Generator<X509Certificate> {
  let current = leaf;
  // Node links a self-signed certificate to itself in some versions and to nothing in others.
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current) {
    current = current.issuerCertificate;
    yield current;
    if (current.subject === current.issuer) return;
  }
}

const invalid = (reason: string): Parsed<never> => ({ kind: 'invalid', reason });
