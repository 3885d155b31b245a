/**
 * `ask-policy JSON`: what a compromised pod can try with its own ServiceAccount token: get a certificate for a name, and
 * with the certificate ask the policy server for the policy of a pod. Two lines: how each was answered.
 */
import { readFileSync } from 'node:fs';
import { certify, createMessage, GrpcClient, inboundApi, RpcError } from '@heddle/api';
import { generatePrivateKey, parsePemBundle } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import { CredentialCell } from '@heddle/transport';
import { say } from './say.ts';

interface Attempt {
  readonly anchorsPem: string;
  readonly tokenFile: string;
  /** The name asked for. */
  readonly identity: string;
  /** Of the control plane: `linkerd.serviceaccount.identity.linkerd.cluster.local`. */
  readonly controlPlane: string;
  readonly workload: { readonly ns: string; readonly pod: string };
  readonly port: number;
}

const timeoutMs = 10_000;

export const askPolicy = async ([json = '']: readonly string[]): Promise<void> => {
  const attempt = JSON.parse(json) as Attempt;
  const anchors = parsePemBundle(attempt.anchorsPem);
  if (anchors.kind === 'invalid') throw new Error(anchors.reason);
  const cell = new CredentialCell(anchors.value);
  const clients: GrpcClient[] = [];
  const client = (address: string, account: string, clientCertificate: 'require' | 'omit'): GrpcClient => {
    const serverName = `${account}.${attempt.controlPlane}`;
    const made = new GrpcClient({
      address,
      security: { kind: 'mesh', credentials: cell, serverName, clientCertificate },
      clock: systemClock,
    });
    clients.push(made);
    return made;
  };
  try {
    const leaf = await answered('certify', async () =>
      certify({
        client: client('linkerd-identity-headless.linkerd.svc.cluster.local:8080', 'linkerd-identity', 'omit'),
        identity: attempt.identity,
        token: readFileSync(attempt.tokenFile),
        key: generatePrivateKey(),
        trustAnchors: anchors.value,
        wallMs: Date.now,
        timeoutMs,
      }),
    );
    if (leaf === undefined) return;
    cell.setCredentials(leaf.credentials);
    const request = createMessage(inboundApi.PortSpecSchema, {
      workload: JSON.stringify(attempt.workload),
      port: attempt.port,
    });
    const policy = client('linkerd-policy.linkerd.svc.cluster.local:8090', 'linkerd-destination', 'require');
    await answered('policy', () =>
      policy.unary(inboundApi.InboundServerPolicies.method.getPort, request, { timeoutMs }),
    );
  } finally {
    for (const each of clients) each.close();
  }
};

const answered = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    const value = await ask();
    say({ what, kind: 'ok' });
    return value;
  } catch (error) {
    const code = error instanceof RpcError ? error.code : 'error';
    say({ what, kind: code, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
};
