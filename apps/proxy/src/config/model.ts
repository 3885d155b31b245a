/** The proxy's configuration, typed. Made from the environment by `config.ts`. */
import type { IpAddress, IpNetwork } from '@heddle/names';
import type { BackoffPolicy, SocketAddressText } from '@heddle/runtime';
import type { AccessFormat, LogLevel } from '@heddle/telemetry';
import type { HttpLimits } from '../http/limits.ts';

/** A control-plane service: where it listens, and who must answer there. */
export interface ServiceConfig {
  readonly address: SocketAddressText;
  /** Identity of the server; absent for a loopback address, which is spoken to in clear. */
  readonly name: string | undefined;
}

export interface IdentityConfig {
  readonly localName: string;
  readonly service: ServiceConfig;
  /** Holds `key.p8` and `csr.der`, made when missing. */
  readonly dir: string;
  readonly trustAnchorsPem: string;
  readonly tokenFile: string;
  readonly minRefreshMs: number;
  readonly maxRefreshMs: number;
}

/** How the original destination of an inbound or outbound connection is known. */
export type RedirectionConfig =
  | { readonly kind: 'original-dst' }
  | {
      readonly kind: 'listeners';
      readonly inbound: readonly InboundListener[];
      readonly outbound: readonly OutboundListener[];
    };

/** Local mode: `listen` is also the original destination; the application really listens on `application`. */
export interface InboundListener {
  readonly listen: SocketAddressText;
  readonly application: SocketAddressText;
}

/** Local mode: connections to `listen` are meant for `target`. */
export interface OutboundListener {
  readonly listen: SocketAddressText;
  readonly target: SocketAddressText;
}

export interface InboundConfig {
  readonly listen: SocketAddressText;
  /** Ports whose policy is asked for at the start and readiness waits for. */
  readonly ports: ReadonlySet<number>;
  /** Original destinations that are ours; empty: any. */
  readonly ips: readonly IpAddress[];
  /** How long a connection waits for the first policy of its port. */
  readonly policyHoldMs: number;
  readonly discoveryIdleMs: number;
  readonly detectTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly http: HttpLimits;
  /** Requests that wait for a response head. */
  readonly maxInFlight: number;
  /** Connections held at once on one listener; more are closed on arrival. */
  readonly maxConnections: number;
}

export interface OutboundConfig {
  readonly listen: readonly SocketAddressText[];
  /** Source address of connections to endpoints; absent: the system's choice. */
  readonly source: string | undefined;
  readonly detectTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly connectBackoff: BackoffPolicy;
  readonly discoveryIdleMs: number;
  readonly failfastMs: number;
  readonly queueCapacity: number;
  readonly profileNetworks: readonly IpNetwork[];
  readonly contextToken: string;
  /** Whether responses tell the application why the proxy refused. */
  readonly mayExplain: boolean;
  /** In-cluster endpoints without a mesh identity are refused. */
  readonly meshRequired: boolean;
  readonly http: HttpLimits;
  /** Requests that wait for a response head. */
  readonly maxInFlight: number;
  /** Connections held at once on one listener; more are closed on arrival. */
  readonly maxConnections: number;
}

export interface ProxyConfig {
  readonly logLevel: LogLevel;
  /** Absent: no access log. */
  readonly accessLog: AccessFormat | undefined;
  readonly identity: IdentityConfig;
  readonly policy: { readonly service: ServiceConfig; readonly workload: string };
  readonly destination: { readonly service: ServiceConfig };
  readonly clusterNetworks: readonly IpNetwork[];
  readonly redirection: RedirectionConfig;
  /** Peers with these addresses are the workload itself. Empty: loopback peers are in a pod, nobody is in local mode. */
  readonly localAddresses: readonly IpAddress[];
  readonly inbound: InboundConfig;
  readonly outbound: OutboundConfig;
  readonly admin: {
    readonly listen: SocketAddressText;
    readonly scrapeNetworks: readonly IpNetwork[];
    readonly isShutdownEnabled: boolean;
  };
  readonly shutdownGraceMs: number;
  readonly metricsRetainIdleMs: number;
}
