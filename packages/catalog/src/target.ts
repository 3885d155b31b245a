/** What a client wants to reach: an address it connects to, or a Service by name. */
import { type IpAddress, parseAuthority, parseServiceName } from '@heddle/names';

export type Target = AddressTarget | ServiceTarget;

export interface AddressTarget {
  readonly kind: 'address';
  readonly ip: IpAddress;
  /** 1 to 65535. */
  readonly port: number;
}

export interface ServiceTarget {
  readonly kind: 'service';
  readonly namespace: string;
  readonly service: string;
  /** One pod of a headless Service, by its host name. */
  readonly instance?: string | undefined;
  readonly port: number;
}

/** The port of an authority that names none (features §2.4). */
const DEFAULT_PORT = 80;

/** Parses `ip:port`, or `[instance.]service.namespace.svc.<cluster domain>[:port]`; any other name is an error. */
export const parseTarget = (
  text: string,
  clusterDomain: string,
): Target | { readonly kind: 'error'; readonly message: string } => {
  const authority = parseAuthority(text);
  if (authority.kind === 'error') return authority;
  const { host, port = DEFAULT_PORT } = authority.value;
  if (host.kind === 'ip') return { kind: 'address', ip: host.ip, port };
  const name = parseServiceName(host.name, clusterDomain);
  return name.kind === 'error' ? name : { kind: 'service', ...name.value, port };
};
