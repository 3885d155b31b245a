/**
 * Authorities (`host[:port]`, RFC 9110 section 4.2) and the DNS names of Services. A host has many spellings; `parse`
 * brings every one to the same value: lower case, no trailing dot, addresses in canonical text.
 */
import { isDnsLabel, isDnsName } from './dns.ts';
import { formatIp, type IpAddress, parseIp } from './ip.ts';
import { nameError, type Parsed, parsed } from './parsed.ts';

export interface Authority {
  readonly host: Host;
  /** 1 to 65535; absent when the text names none. */
  readonly port?: number | undefined;
}

export type Host =
  /** Lower case, without a trailing dot. */
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'ip'; readonly ip: IpAddress };

// Underscores occur in real host names (RFC 2782), though not in Kubernetes names.
const hostName = /^[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?)*$/;
const portText = /^[0-9]{1,5}$/;

/** Parses `name`, `name:port`, `10.0.0.1:80`, `[::1]:80`. User information and percent-encoding are refused. */
export const parseAuthority = (text: string): Parsed<Authority> => {
  const end = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':');
  const hostText = end < 0 ? text : text.slice(0, end);
  const host = parseHost(hostText);
  const rest = text.slice(hostText.length);
  if (host === undefined || (rest !== '' && !rest.startsWith(':'))) return notAnAuthority(text);
  if (rest === '') return parsed({ host });
  const port = portText.test(rest.slice(1)) ? Number(rest.slice(1)) : 0;
  return port >= 1 && port <= 65_535 ? parsed({ host, port }) : notAnAuthority(text);
};

const notAnAuthority = (text: string): Parsed<Authority> =>
  nameError('authority', text, 'is not an authority; write host or host:port, an IPv6 address in brackets');

const parseHost = (text: string): Host | undefined => {
  if (text.startsWith('[')) {
    const ip = parseIp(text.slice(1, -1));
    return ip.kind === 'ok' && text.includes(':') ? { kind: 'ip', ip: ip.value } : undefined;
  }
  const ip = parseIp(text);
  if (ip.kind === 'ok') return { kind: 'ip', ip: ip.value };
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  return name.length <= 253 && hostName.test(name) ? { kind: 'name', name } : undefined;
};

/** The host as it stands in an authority: a name, dotted IPv4 or bracketed IPv6. */
export const formatHost = (host: Host): string => {
  if (host.kind === 'name') return host.name;
  return host.ip.kind === 'v6' ? `[${formatIp(host.ip)}]` : formatIp(host.ip);
};

export const formatAuthority = ({ host, port }: Authority): string =>
  port === undefined ? formatHost(host) : `${formatHost(host)}:${port}`;

/** The address and port of a socket, as an authority. */
export const formatSocketAddress = (ip: IpAddress, port: number): string =>
  formatAuthority({ host: { kind: 'ip', ip }, port });

export interface ServiceName {
  readonly service: string;
  readonly namespace: string;
  /** The host name of one pod of a headless Service: `<instance>.<service>.<namespace>.svc.…`. */
  readonly instance?: string | undefined;
}

/** The name by which the cluster's DNS knows a Service. */
export const serviceAuthorityName = (name: ServiceName, clusterDomain: string): string =>
  `${name.instance === undefined ? '' : `${name.instance}.`}${name.service}.${name.namespace}.svc.${clusterDomain}`;

/** Reads `[<instance>.]<service>.<namespace>.svc.<cluster domain>` (a normalised host name). */
export const parseServiceName = (hostName: string, clusterDomain: string): Parsed<ServiceName> => {
  const suffix = `.svc.${clusterDomain}`;
  const labels = hostName.endsWith(suffix) && isDnsName(hostName) ? hostName.slice(0, -suffix.length).split('.') : [];
  const [namespace = '', service = '', instance, ...rest] = labels.toReversed();
  if (rest.length > 0 || !isDnsLabel(namespace) || !isDnsLabel(service)) {
    return nameError(
      'serviceName',
      hostName,
      `is not a Service name; the form is <service>.<namespace>.svc.${clusterDomain}`,
    );
  }
  return parsed(instance === undefined ? { service, namespace } : { service, namespace, instance });
};
