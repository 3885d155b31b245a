/** An identity service for tests: certifies whatever it is asked to, under the mill's issuer. */
import { randomBytes } from 'node:crypto';
import { createMessage, GrpcServer, identityApi, RpcError, serveWith, timestampFromMs } from '@heddle/api';
import { issueLeaf, parseCsr } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import type { CertificateMill } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';

export const fakeIdentityName = 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local';

const lifetimeMs = 3_600_000;

export const startFakeIdentity = (mill: CertificateMill): Promise<GrpcServer> =>
  GrpcServer.listen({
    name: 'fake identity',
    host: '127.0.0.1',
    port: 0,
    credentials: new CredentialCell(mill.trustAnchors, mill.leaf(fakeIdentityName)),
    clock: systemClock,
    clientCertificate: 'optional',
    services: [serveWith(identityApi.Identity, { certify: (request) => certify(mill, request) })],
    reportError: (error) => {
      throw error;
    },
  });

const certify = (
  mill: CertificateMill,
  { identity, certificateSigningRequest }: identityApi.CertifyRequest,
): identityApi.CertifyResponse => {
  const request = parseCsr(certificateSigningRequest);
  if (request.kind === 'invalid') throw new RpcError('invalid-argument', request.reason);
  const nowMs = Date.now();
  const leaf = issueLeaf(mill.issuer, request.value, { identity, nowMs, lifetimeMs, clockSkewMs: 60_000, randomBytes });
  if (leaf.kind === 'invalid') throw new RpcError('invalid-argument', leaf.reason);
  return createMessage(identityApi.CertifyResponseSchema, {
    leafCertificate: Uint8Array.from(leaf.value.certificate.der),
    intermediateCertificates: leaf.value.intermediates.map(({ der }) => Uint8Array.from(der)),
    validUntil: timestampFromMs(leaf.value.certificate.notAfterMs),
  });
};
