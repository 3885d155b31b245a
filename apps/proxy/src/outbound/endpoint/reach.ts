/**
 * How an endpoint is reached (wire §6.2, §6.3, §6.5): in clear, or over mesh TLS with or without a transport header, and
 * what HTTP is spoken. A pure reading of what the control plane says. An endpoint that has an identity is reached with
 * it or not at all.
 */
import type { Endpoint, Http2KeepAlive } from '@heddle/catalog';
import { formatIp } from '@heddle/names';
import type { SocketAddress } from '@heddle/transport';

export interface Reach {
  /** The application's address, which names the endpoint. */
  readonly target: SocketAddress;
  /** Where to connect: the target, or the peer's proxy. */
  readonly dial: SocketAddress;
  readonly mesh: MeshReach | undefined;
  /** The peer is a proxy that takes HTTP/1 carried in HTTP/2. */
  readonly carriesHttp1: boolean;
  readonly keepAlive: Http2KeepAlive | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export interface MeshReach {
  /** What the peer's certificate must name. */
  readonly identity: string;
  /** SNI. */
  readonly serverName: string;
  /** Tell the peer in a transport header which port is meant. */
  readonly hasHeader: boolean;
  /** The header may say which HTTP follows; else the peer takes raw bytes. */
  readonly mayNameProtocol: boolean;
}

export type ReachResult =
  | { readonly kind: 'ok'; readonly reach: Reach }
  /** The endpoint must not be used. */
  | { readonly kind: 'refused'; readonly reason: string };

export const reachOf = (endpoint: Endpoint): ReachResult => {
  const { address, tls, hint, keepAlive, labels } = endpoint;
  const target = { ip: formatIp(address.ip), port: address.port };
  if (endpoint.authorityOverride !== undefined) {
    return { kind: 'refused', reason: `${keyOf(target)} overrides the authority, which is not supported` };
  }
  // In clear there is no ALPN to say that a header follows, and nobody who proved to be a proxy.
  if (tls === undefined) {
    return { kind: 'ok', reach: { target, dial: target, mesh: undefined, carriesHttp1: false, keepAlive, labels } };
  }
  const serverName = tls.serverName ?? (tls.identity.kind === 'dns' ? tls.identity.name : undefined);
  if (serverName === undefined) {
    return { kind: 'refused', reason: `${keyOf(target)} has the identity ${tls.identity.name} and no server name` };
  }
  const proxyPort = hint?.opaqueTransportPort;
  return {
    kind: 'ok',
    reach: {
      target,
      dial: proxyPort === undefined ? target : { ip: target.ip, port: proxyPort },
      mesh: {
        identity: tls.identity.name,
        serverName: serverName.toLowerCase(),
        hasHeader: proxyPort !== undefined,
        mayNameProtocol: hint?.protocol !== 'opaque',
      },
      carriesHttp1: hint?.protocol === 'h2',
      keepAlive,
      labels,
    },
  };
};

/** `10.0.0.7:8080`, `[fd00::7]:8080`. */
export const keyOf = ({ ip, port }: SocketAddress): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/** Whether connections made for one serve the other: all but labels is equal. */
export const isSameReach = (a: Reach, b: Reach): boolean =>
  a.target.ip === b.target.ip &&
  a.target.port === b.target.port &&
  a.dial.port === b.dial.port &&
  a.carriesHttp1 === b.carriesHttp1 &&
  a.mesh?.identity === b.mesh?.identity &&
  a.mesh?.serverName === b.mesh?.serverName &&
  a.mesh?.hasHeader === b.mesh?.hasHeader &&
  a.mesh?.mayNameProtocol === b.mesh?.mayNameProtocol &&
  a.keepAlive?.intervalMs === b.keepAlive?.intervalMs &&
  a.keepAlive?.timeoutMs === b.keepAlive?.timeoutMs;
