/**
 * One exchange with the identity service (wire §5.1): token and request in, certificate out. What comes back is verified
 * against our own trust anchors and our own name before anybody uses it (wire §5.2).
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Certificate, createCsr, type KeyPurpose, parseCertificate, verifyChain } from '@heddle/pki';
import type { LeafCredentials } from '@heddle/transport';
import { CertifyRequestSchema, type CertifyResponse, Identity } from '../gen/io/linkerd/proxy/identity_pb.ts';
import type { GrpcClient } from '../grpc/client.ts';

export interface CertifyOptions {
  readonly client: GrpcClient;
  /** The name asked for: the one that the token stands for. */
  readonly identity: string;
  readonly token: Uint8Array;
  readonly key: KeyObject;
  readonly trustAnchors: readonly Certificate[];
  /** Unix milliseconds; read after the answer has come. */
  readonly wallMs: () => number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CertifiedLeaf {
  readonly credentials: LeafCredentials;
  /** When it ends, Unix milliseconds: the earliest end of its chain. */
  readonly notAfterMs: number;
}

/** The certificate that the identity service sent cannot be used. */
export class UnusableCertificateError extends Error {
  constructor(reason: string) {
    super(`the identity service sent a certificate that cannot be used: ${reason}`);
    this.name = 'UnusableCertificateError';
  }
}

/** @throws {RpcError} when the service refuses or cannot be reached; {UnusableCertificateError} */
export const certify = async (options: CertifyOptions): Promise<CertifiedLeaf> => {
  const { client, identity, token, key, timeoutMs, signal } = options;
  const request = create(CertifyRequestSchema, {
    identity,
    token: Uint8Array.from(token),
    certificateSigningRequest: Uint8Array.from(createCsr(identity, key)),
  });
  const response = await client.unary(Identity.method.certify, request, { timeoutMs, signal });
  return verified(response, options);
};

const verified = (response: CertifyResponse, options: CertifyOptions): CertifiedLeaf => {
  const { identity, key, trustAnchors } = options;
  const nowMs = options.wallMs();
  if (response.validUntil === undefined) throw new UnusableCertificateError('it does not say until when it is valid');
  const validUntilMs = timestampMs(response.validUntil);
  if (validUntilMs <= nowMs) throw new UnusableCertificateError(`it ended at ${new Date(validUntilMs).toISOString()}`);
  const leaf = parsed(response.leafCertificate);
  const intermediates = response.intermediateCertificates.map(parsed);
  const purposes: readonly KeyPurpose[] = ['serverAuth', 'clientAuth'];
  const ends = purposes.map((purpose) => {
    const chain = verifyChain(leaf, intermediates, trustAnchors, { nowMs, purpose, identity });
    if (chain.kind === 'invalid') throw new UnusableCertificateError(chain.reason);
    return chain.value.notAfterMs;
  });
  if (!spki(leaf.publicKey).equals(publicPartOf(key))) throw new UnusableCertificateError('it is for another key');
  return { credentials: { identity, leaf, intermediates, key }, notAfterMs: Math.min(validUntilMs, ...ends) };
};

const parsed = (der: Uint8Array): Certificate => {
  const certificate = parseCertificate(der);
  if (certificate.kind === 'ok') return certificate.value;
  throw new UnusableCertificateError(certificate.reason);
};

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const publicPartOf = (key: KeyObject): Buffer => spki(createPublicKey(key));
