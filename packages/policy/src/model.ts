/**
 * The model of an inbound policy: what one port of one workload answers to whom. It is plain data, complete in itself
 * (no reference needs to be looked up), finite in its atoms, and says exactly what Linkerd's `inbound.Server` message
 * can say, so that model -> message -> model is the identity.
 *
 * Semantics: reference "Inbound policy" (Linkerd policy resources); matching follows the Gateway API (GEP-718, GEP-1364).
 */
import type { IpAddress, IpNetwork } from '@heddle/names';

/** Names the thing that decided: a resource a user wrote, or one of the built-in defaults. */
export type RuleRef =
  | { readonly kind: 'default'; readonly name: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      /** The Kubernetes kind as the wire spells it: lower case, `server`, `httproute`, `authorizationpolicy`. */
      readonly resource: string;
      readonly namespace: string;
      readonly name: string;
    };

/** The whole inbound policy of one (workload, port). */
export interface InboundPolicy {
  /** The Server that owns the port, or the default policy in force where no Server does. */
  readonly server: RuleRef;
  readonly protocol: Protocol;
  /** Grants on every route of the port and on TCP connections: policies on the Server, its Namespace, its access policy. */
  readonly authorizations: readonly Authorization[];
  /** Addresses of the workload itself, as told by the control plane; informational. */
  readonly serverIps: readonly IpAddress[];
}

export type Protocol =
  | {
      readonly kind: 'detect';
      readonly timeoutMs: number;
      readonly routes: readonly HttpRoute[];
      readonly rateLimit?: RateLimit | undefined;
    }
  | { readonly kind: 'http1'; readonly routes: readonly HttpRoute[]; readonly rateLimit?: RateLimit | undefined }
  | { readonly kind: 'http2'; readonly routes: readonly HttpRoute[]; readonly rateLimit?: RateLimit | undefined }
  | { readonly kind: 'grpc'; readonly routes: readonly GrpcRoute[] }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'tls' };

/** A grant: clients from one of `networks` that satisfy `authentication`. */
export interface Authorization {
  readonly ref: RuleRef;
  /** At least one. */
  readonly networks: readonly ClientNetwork[];
  readonly authentication: Authentication;
}

export interface ClientNetwork {
  readonly net: IpNetwork;
  readonly except: readonly IpNetwork[];
}

export type Authentication =
  /** Anybody, plaintext included. */
  | { readonly kind: 'unauthenticated' }
  /** Mesh TLS terminated by this proxy; a client certificate is not needed. */
  | { readonly kind: 'tls' }
  /** Mesh TLS with a client certificate whose name is one of these. */
  | {
      readonly kind: 'identities';
      readonly identities: readonly string[];
      /** Labels after `*.`; an empty list matches every DNS-like identity (`*`). */
      readonly suffixes: readonly (readonly string[])[];
    };

export interface HttpRoute {
  readonly ref: RuleRef;
  /** Empty: any host. */
  readonly hosts: readonly HostMatch[];
  /** Grants on this route only; the server's apply as well. */
  readonly authorizations: readonly Authorization[];
  readonly rules: readonly HttpRule[];
}

export interface HttpRule {
  /** Empty: every request. */
  readonly matches: readonly HttpMatch[];
  readonly filters: readonly HttpFilter[];
}

export interface GrpcRoute {
  readonly ref: RuleRef;
  readonly hosts: readonly HostMatch[];
  readonly authorizations: readonly Authorization[];
  readonly rules: readonly GrpcRule[];
}

export interface GrpcRule {
  readonly matches: readonly GrpcMatch[];
  readonly filters: readonly GrpcFilter[];
}

export type HostMatch =
  | { readonly kind: 'exact'; readonly host: string }
  /** `*.example.com` -> `['com', 'example']`. */
  | { readonly kind: 'suffix'; readonly reverseLabels: readonly string[] };

/** All parts that are present must match. */
export interface HttpMatch {
  readonly path?: PathMatch | undefined;
  readonly headers: readonly HeaderMatch[];
  readonly queryParams: readonly QueryParamMatch[];
  readonly method?: string | undefined;
}

export type PathMatch =
  | { readonly kind: 'exact'; readonly value: string }
  /** By whole segments: `/a` matches `/a` and `/a/b`, not `/ab`. */
  | { readonly kind: 'prefix'; readonly value: string }
  /** RE2 syntax, anchored at both ends. */
  | { readonly kind: 'regex'; readonly value: string };

/** Header names are lower case. Values are bytes on the wire, held as Latin-1 text. */
export type HeaderMatch =
  | { readonly kind: 'exact'; readonly name: string; readonly value: string }
  | { readonly kind: 'regex'; readonly name: string; readonly value: string };

export type QueryParamMatch =
  | { readonly kind: 'exact'; readonly name: string; readonly value: string }
  | { readonly kind: 'regex'; readonly name: string; readonly value: string };

export interface GrpcMatch {
  /** Full service name, `package.Service`; empty matches any. */
  readonly service: string;
  /** Empty matches any. */
  readonly method: string;
  readonly headers: readonly HeaderMatch[];
}

export type HttpFilter =
  | { readonly kind: 'failure'; readonly status: number; readonly message: string; readonly ratio?: Ratio | undefined }
  | RequestHeaderModifier
  | RequestRedirect
  /** A filter this version does not know: requests on the rule are refused with 500, never passed unfiltered. */
  | { readonly kind: 'unknown' };

export type GrpcFilter =
  | { readonly kind: 'failure'; readonly code: number; readonly message: string; readonly ratio?: Ratio | undefined }
  | RequestHeaderModifier
  | { readonly kind: 'unknown' };

export interface RequestHeaderModifier {
  readonly kind: 'requestHeaders';
  readonly add: readonly HeaderValue[];
  readonly set: readonly HeaderValue[];
  readonly remove: readonly string[];
}

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

export interface RequestRedirect {
  readonly kind: 'redirect';
  readonly scheme?: string | undefined;
  readonly host?: string | undefined;
  readonly path?: { readonly kind: 'full' | 'prefix'; readonly value: string } | undefined;
  readonly port?: number | undefined;
  /** Unset: 301. */
  readonly status?: number | undefined;
}

export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** Local to one proxy; GCRA over one second. A limit of 0 or absent means none. */
export interface RateLimit {
  readonly ref: RuleRef;
  readonly total?: number | undefined;
  readonly identity?: number | undefined;
  readonly overrides: readonly { readonly requestsPerSecond: number; readonly identities: readonly string[] }[];
}

/** What is known of a client once its connection stands. */
export interface ConnectionFacts {
  /** The peer's address; an IPv4-mapped IPv6 address is given as IPv4. */
  readonly clientIp: IpAddress;
  readonly tls: TlsFacts;
  /**
   * True when the peer is the workload itself (a loopback peer in a pod; one of the workload's own addresses in local
   * mode). Such a client is always allowed: whoever is inside the workload is the workload.
   */
  readonly isLocal: boolean;
}

export type TlsFacts =
  /** Plaintext, or TLS that this proxy did not terminate. */
  | { readonly kind: 'none' }
  /** Terminated here; no client certificate. */
  | { readonly kind: 'anonymous' }
  /** Terminated here; `identity` is the verified name of the client certificate. */
  | { readonly kind: 'mutual'; readonly identity: string };

/** What routing and authorization read of a request head. Implemented by the proxy's exchange without copying. */
export interface RequestFacts {
  /** As sent, case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** Origin form, `/path?query`; `*` for OPTIONS; empty for CONNECT. */
  readonly target: string;
  /** `Host` or `:authority`, as sent; empty when absent. */
  readonly authority: string;
  /** Calls `visit` with each value of a header (lower-case name) in order; stops when it returns true, and returns that. */
  someHeader(name: string, visit: (value: string) => boolean): boolean;
}
