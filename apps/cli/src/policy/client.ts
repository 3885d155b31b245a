/** The client of `heddle policy explain`: who it is and where it comes from. */

import type { OfflineCluster } from '@heddle/manifests';
import { formatIp, type IdentityDomain, parseIdentity, parseIp, serviceAccountIdentity } from '@heddle/names';
import type { ConnectionFacts } from '@heddle/policy';

export type Said<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'error'; readonly message: string };

export interface Client {
  readonly facts: ConnectionFacts;
  /** For reading. */
  readonly text: string;
}

/** An address of the cluster that no pod has. */
const someAddress = '10.244.255.254';

/** Reads `--from` (an identity, `namespace/serviceaccount`, or `none`) and `--from-ip`. */
export const clientFrom = (from: string, fromIp: string | undefined, cluster: OfflineCluster): Said<Client> => {
  const identity = identityFrom(from, cluster.options);
  if (identity.kind === 'error') return identity;
  const ip = parseIp(fromIp ?? addressOf(identity.value, cluster) ?? someAddress);
  if (ip.kind === 'error') return { kind: 'error', message: `--from-ip: ${ip.message}` };
  const tls = identity.value === undefined ? ({ kind: 'none' } as const) : mutual(identity.value);
  const who = identity.value ?? 'no identity (plaintext)';
  return {
    kind: 'ok',
    value: { facts: { clientIp: ip.value, tls, isLocal: false }, text: `${who}, from ${formatIp(ip.value)}` },
  };
};

const mutual = (identity: string): ConnectionFacts['tls'] => ({ kind: 'mutual', identity });

/** Undefined for a client without one. */
const identityFrom = (from: string, domain: IdentityDomain): Said<string | undefined> => {
  if (from === 'none') return { kind: 'ok', value: undefined };
  const [namespace = '', name = '', ...more] = from.split('/');
  if (!from.includes(':') && namespace !== '' && name !== '' && more.length === 0) {
    return { kind: 'ok', value: serviceAccountIdentity({ namespace, name }, domain) };
  }
  const identity = parseIdentity(from);
  if (identity.kind === 'ok' && from.includes('.')) return { kind: 'ok', value: identity.value.name };
  return {
    kind: 'error',
    message: `--from: ${JSON.stringify(from)} is no client; write <namespace>/<serviceaccount>, an identity in full, or none`,
  };
};

/** Where a pod with this identity is, if the manifests have one. */
const addressOf = (identity: string | undefined, { objects, catalog }: OfflineCluster): string | undefined => {
  for (const { kind, metadata } of objects) {
    const workload = kind === 'Pod' ? catalog.workload(metadata.namespace, metadata.name) : undefined;
    const [ip] = workload?.ips ?? [];
    if (workload?.identity === identity && ip !== undefined) return formatIp(ip);
  }
  return undefined;
};
