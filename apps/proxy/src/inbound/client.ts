/** What is known of an inbound connection before its first request: who, to where, and the labels that say so. */
import type { ConnectionFacts, RuleRef } from '@heddle/policy';
import type { SocketAddress } from '@heddle/transport';

export interface InboundClient {
  readonly facts: ConnectionFacts;
  /** Mesh identity; empty without one. */
  readonly identity: string;
  /** Original destination. */
  readonly target: SocketAddress;
  /** `true`, or why there is no mesh identity (wire §10.2). */
  readonly tls: TlsLabels;
}

export interface TlsLabels {
  readonly tls: 'true' | 'no_identity' | 'opaque';
  readonly no_tls_reason?: string | undefined;
  readonly client_id?: string | undefined;
}

export type TargetLabels = Readonly<Record<'target_addr' | 'target_ip' | 'target_port', string>>;

export const targetLabels = ({ ip, port }: SocketAddress): TargetLabels => ({
  target_addr: ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`,
  target_ip: ip,
  target_port: String(port),
});

/** `group`, `kind`, `name` of a rule, as labels have them. */
export const refLabels = (ref: RuleRef): { group: string; kind: string; name: string } =>
  ref.kind === 'default'
    ? { group: '', kind: 'default', name: ref.name }
    : { group: ref.group, kind: ref.resource, name: ref.name };

export const serverLabels = (
  ref: RuleRef,
  port: number,
): Record<'srv_group' | 'srv_kind' | 'srv_name' | 'srv_port', string> => {
  const { group, kind, name } = refLabels(ref);
  return { srv_group: group, srv_kind: kind, srv_name: name, srv_port: String(port) };
};
