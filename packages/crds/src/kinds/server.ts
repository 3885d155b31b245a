/** Server: names a port on a set of pods or external workloads (reference features §3.1). */
import type { ObjectMeta } from '../object.ts';
import type { LabelSelector } from '../selector.ts';

export interface Server {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'Server';
  readonly metadata: ObjectMeta;
  readonly spec: ServerSpec;
}

export interface ServerSpec {
  /** Objects of the Server's own namespace. */
  readonly workloads: {
    readonly kind: 'pods' | 'externalWorkloads';
    readonly selector: LabelSelector;
  };
  readonly port: { readonly kind: 'number'; readonly port: number } | { readonly kind: 'name'; readonly name: string };
  readonly proxyProtocol: ProxyProtocol;
  readonly accessPolicy: DefaultPolicyName;
}

export type ProxyProtocol = 'unknown' | 'HTTP/1' | 'HTTP/2' | 'gRPC' | 'opaque' | 'TLS';

/** The six default policies (features §2.6), for `accessPolicy` and for `config.linkerd.io/default-inbound-policy`. */
export type DefaultPolicyName =
  | 'all-unauthenticated'
  | 'all-authenticated'
  | 'cluster-unauthenticated'
  | 'cluster-authenticated'
  | 'deny'
  | 'audit';
