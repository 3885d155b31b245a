/** An impostor's attempt: one workload's token, another workload's name. */
import { createMessage, GrpcClient, identityApi, RpcError } from '@heddle/api';
import { createCsr, generatePrivateKey, parsePemBundle } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import { CredentialCell } from '@heddle/transport';
import type { AddressBlock } from './addresses.ts';
import { controlPlanePorts, identityOf } from './environment.ts';
import type { PlannedWorkload } from './plan.ts';
import type { TrustMaterial } from './trust-material.ts';

export interface CertifyAttempt {
  readonly block: AddressBlock;
  readonly anchorPem: string;
  readonly mintToken: TrustMaterial['mintToken'];
  /** Whose token is shown. */
  readonly holder: PlannedWorkload;
  /** The identity asked for. */
  readonly claims: string;
}

const timeoutMs = 5_000;

/** Asks identity, over mesh TLS, with a valid token and a well-formed request; tells how identity answered. */
export const certifyAs = async (
  attempt: CertifyAttempt,
): Promise<{ readonly isIssued: boolean; readonly detail: string }> => {
  const anchors = parsePemBundle(attempt.anchorPem);
  if (anchors.kind === 'invalid') throw new Error(anchors.reason);
  const client = new GrpcClient({
    address: `${attempt.block.identity}:${controlPlanePorts.identity}`,
    security: {
      kind: 'mesh',
      credentials: new CredentialCell(anchors.value),
      serverName: identityOf('linkerd-identity'),
      clientCertificate: 'omit',
    },
    clock: systemClock,
  });
  try {
    const token = await attempt.mintToken({
      namespace: attempt.holder.config.namespace,
      serviceAccount: attempt.holder.serviceAccount,
      pod: attempt.holder.pod,
    });
    const request = createMessage(identityApi.CertifyRequestSchema, {
      identity: attempt.claims,
      token: new TextEncoder().encode(token),
      certificateSigningRequest: createCsr(attempt.claims, generatePrivateKey()),
    });
    await client.unary(identityApi.Identity.method.certify, request, { timeoutMs });
    return { isIssued: true, detail: '' };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { isIssued: false, detail: `${error.code}: ${error.message}` };
  } finally {
    client.close();
  }
};
