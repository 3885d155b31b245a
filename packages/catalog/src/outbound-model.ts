/**
 * The model of what a client is told about a destination: the endpoints of a service and the outbound policy of a target;
 * profiles are in profile-model.ts. Plain data, complete in itself, saying what Linkerd's `destination.Update` and
 * `outbound.OutboundPolicy` messages say (wire §2.9, §2.11), so that
 * model -> message -> model is the identity for every value the catalog makes.
 *
 * Not modelled: retries, timeouts, failure accrual and the `grpc` and `tls` protocols. No value made here carries them;
 * a reader that meets a protocol it does not know must refuse the traffic, not guess.
 */
import type { IpAddress } from '@heddle/names';
import type { HostMatch, HttpFilter, HttpMatch } from '@heddle/policy';

/** Names the resource that something was derived from (`meta.Metadata`). */
export type OutboundRef =
  | { readonly kind: 'default'; readonly name: string }
  | {
      readonly kind: 'resource';
      /** `core` for the core group: an outbound reference must not have an empty group (wire §2.3). */
      readonly group: string;
      /** The Kubernetes kind as written: `Service`. */
      readonly resource: string;
      readonly namespace: string;
      readonly name: string;
      readonly section?: string | undefined;
      readonly port?: number | undefined;
    };

export interface EndpointAddress {
  readonly ip: IpAddress;
  readonly port: number;
}

/** One address that serves a destination (`destination.WeightedAddr`). */
export interface Endpoint {
  readonly address: EndpointAddress;
  readonly weight: number;
  /** Metric labels: `pod`, the owner's kind, `serviceaccount`, `control_plane_ns`, `zone` … */
  readonly labels: Readonly<Record<string, string>>;
  /** Present when the peer is meshed by this control plane: then the connection must be mutual TLS with this name. */
  readonly tls?: EndpointTls | undefined;
  readonly hint?: ProtocolHint | undefined;
  readonly keepAlive?: Http2KeepAlive | undefined;
  readonly authorityOverride?: string | undefined;
}

export interface EndpointTls {
  readonly identity: { readonly kind: 'dns' | 'uri'; readonly name: string };
  /** The SNI to send; absent: the DNS identity itself. */
  readonly serverName?: string | undefined;
}

export interface ProtocolHint {
  /** `h2`: the peer's proxy takes HTTP/1 carried over HTTP/2. `opaque`: the peer treats the port as raw bytes. */
  readonly protocol?: 'h2' | 'opaque' | undefined;
  /** Connect to this port of the peer's proxy and name the real port in a transport header. */
  readonly opaqueTransportPort?: number | undefined;
}

export interface Http2KeepAlive {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly whileIdle: boolean;
}

/** Every ready endpoint of a destination. */
export interface EndpointSet {
  /** Labels of the whole set: `service`, `namespace`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Sorted by address; no address twice. */
  readonly endpoints: readonly Endpoint[];
}

/** One message of a `Destination.Get` stream (`destination.Update`). The first `add` of a stream replaces what the client had. */
export type EndpointUpdate =
  | {
      readonly kind: 'add';
      readonly labels: Readonly<Record<string, string>>;
      /** New endpoints, and known addresses whose data changed. May be empty: the destination exists and has none. */
      readonly endpoints: readonly Endpoint[];
    }
  | { readonly kind: 'remove'; readonly addresses: readonly EndpointAddress[] }
  | { readonly kind: 'noEndpoints'; readonly exists: boolean };

/** How a client's proxy treats connections to one target (`outbound.OutboundPolicy`). */
export interface OutboundPolicy {
  /** The parent: the Service, or the built-in egress fallback. */
  readonly ref: OutboundRef;
  readonly protocol: OutboundProtocol;
}

export type OutboundProtocol =
  | {
      readonly kind: 'detect';
      readonly timeoutMs: number;
      readonly http1Routes: readonly OutboundHttpRoute[];
      readonly http2Routes: readonly OutboundHttpRoute[];
      readonly opaqueRoute: OpaqueRoute;
    }
  | { readonly kind: 'http1'; readonly routes: readonly OutboundHttpRoute[] }
  | { readonly kind: 'http2'; readonly routes: readonly OutboundHttpRoute[] }
  | { readonly kind: 'opaque'; readonly route: OpaqueRoute };

export interface OutboundHttpRoute {
  readonly ref: OutboundRef;
  /** Empty: any host. */
  readonly hosts: readonly HostMatch[];
  readonly rules: readonly OutboundHttpRule[];
}

export interface OutboundHttpRule {
  /** Empty: every request. */
  readonly matches: readonly HttpMatch[];
  readonly filters: readonly HttpFilter[];
  readonly distribution: Distribution;
}

/** A route for raw bytes; on the wire it has exactly one rule, so its parts stand here directly. */
export interface OpaqueRoute {
  readonly ref: OutboundRef;
  readonly filters: readonly OpaqueFilter[];
  readonly distribution: Distribution;
}

export type OpaqueFilter =
  /** Refused by policy. */
  | { readonly kind: 'forbidden' }
  /** Refused because the configuration is invalid. */
  | { readonly kind: 'invalid'; readonly message: string };

export type Distribution =
  /** Nothing to forward to: never ready. */
  | { readonly kind: 'empty' }
  /** In order; at least one. */
  | { readonly kind: 'firstAvailable'; readonly backends: readonly Backend[] }
  /** At least one, not all of weight 0. */
  | {
      readonly kind: 'randomAvailable';
      readonly backends: readonly { readonly backend: Backend; readonly weight: number }[];
    };

export interface Backend {
  readonly ref: OutboundRef;
  readonly target: BackendTarget;
  readonly queue: { readonly capacity: number; readonly failfastTimeoutMs: number };
}

export type BackendTarget =
  | {
      readonly kind: 'balancer';
      /** `name:port` to resolve with `Destination.Get`; never an IP address (wire §2.11). */
      readonly path: string;
      readonly defaultRttMs: number;
      readonly decayMs: number;
    }
  /** One known endpoint. Its port is never 0 (wire §2.11). */
  | { readonly kind: 'forward'; readonly endpoint: Endpoint };
