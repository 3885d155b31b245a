/** The six default policies (features section 2.6, wire section 8.3): what a port answers that no Server owns. */
import { allNetworks, type IpNetwork } from '@heddle/names';
import type { Authentication, Authorization, InboundPolicy, Protocol, RuleRef } from './model.ts';

export const defaultPolicyNames = [
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'audit',
  'deny',
] as const;

export type DefaultPolicyName = (typeof defaultPolicyNames)[number];

export interface DefaultPolicyOptions {
  /** The port is opaque: no protocol detection, no HTTP. */
  readonly isOpaque?: boolean | undefined;
  /** How long detection waits for the first bytes. */
  readonly timeoutMs: number;
}

const anyIdentity: Authentication = { kind: 'identities', identities: [], suffixes: [[]] };

/** A whole default policy. `deny` is opaque and grants nothing. */
export const defaultPolicy = (
  name: DefaultPolicyName,
  clusterNetworks: readonly IpNetwork[],
  { isOpaque = false, timeoutMs }: DefaultPolicyOptions,
): InboundPolicy => {
  const server: RuleRef = { kind: 'default', name };
  const protocol: Protocol =
    isOpaque || name === 'deny' ? { kind: 'opaque' } : { kind: 'detect', timeoutMs, routes: [] };
  return { server, protocol, authorizations: defaultAuthorizations(name, clusterNetworks), serverIps: [] };
};

/** What a default policy grants; as a Server's `accessPolicy` it adds just this. */
export const defaultAuthorizations = (
  name: DefaultPolicyName,
  clusterNetworks: readonly IpNetwork[],
): readonly Authorization[] => {
  const nets = name.startsWith('cluster-') ? clusterNetworks : allNetworks;
  if (name === 'deny' || nets.length === 0) return [];
  const authentication: Authentication = name.endsWith('-authenticated') ? anyIdentity : { kind: 'unauthenticated' };
  const networks = nets.map((net) => ({ net, except: [] }));
  return [{ ref: { kind: 'default', name }, networks, authentication }];
};
