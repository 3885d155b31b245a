/**
 * Fields that a newer control plane wrote and this version does not know (ADR 15). In a message that restricts, such a
 * field may be the one that says "but not these", so the message is not understood and must not be used. A type is
 * taken to restrict unless it is listed here as one that cannot.
 */
import { refuse } from './decoded.ts';

/** Names, discovery and tuning: more of them widens nothing. */
const tolerant: ReadonlySet<string> = new Set(
  `meta.Metadata meta.Resource
  destination.AddrSet destination.AuthorityOverride destination.DestinationProfile destination.Http2ClientParams
  destination.Http2ClientParams.FlowControl destination.Http2ClientParams.Internals
  destination.Http2ClientParams.KeepAlive destination.HttpStatusRange destination.NoEndpoints destination.PathMatch
  destination.ProtocolHint destination.ProtocolHint.H2 destination.ProtocolHint.Opaque
  destination.ProtocolHint.OpaqueTransport destination.RequestMatch destination.RequestMatch.Seq
  destination.ResponseClass destination.ResponseMatch destination.ResponseMatch.Seq destination.RetryBudget
  destination.Route destination.Update destination.WeightedAddr destination.WeightedAddrSet destination.WeightedDst
  http_route.Timeouts
  outbound.Backend outbound.Backend.BalanceP2c outbound.Backend.BalanceP2c.PeakEwma
  outbound.Backend.BalanceP2c.PenaltyPeakEwma outbound.Backend.EndpointDiscovery
  outbound.Backend.EndpointDiscovery.DestinationGet outbound.EjectionConfig outbound.ExponentialBackoff
  outbound.FailureAccrual outbound.FailureAccrual.ConsecutiveFailures outbound.FailureAccrual.Unified
  outbound.GrpcRoute.Retry outbound.GrpcRoute.Retry.Conditions outbound.HttpRoute.Retry
  outbound.HttpRoute.Retry.Conditions outbound.HttpRoute.Retry.Conditions.StatusRange outbound.OutboundPolicy
  outbound.ProxyProtocol outbound.ProxyProtocol.Detect outbound.ProxyProtocol.Grpc outbound.ProxyProtocol.Http1
  outbound.ProxyProtocol.Http2 outbound.ProxyProtocol.Opaque outbound.ProxyProtocol.Tls outbound.Queue`
    .split(/\s+/)
    .map((name) => `io.linkerd.proxy.${name}`),
);

/** A filter that is not understood refuses the requests on its rule; the rest of the policy holds. */
const filters: ReadonlySet<string> = new Set(
  `inbound.GrpcRoute.Filter inbound.HttpRoute.Filter outbound.GrpcRoute.Filter outbound.HttpRoute.Filter
  outbound.OpaqueRoute.Filter outbound.TlsRoute.Filter`
    .split(/\s+/)
    .map((name) => `io.linkerd.proxy.${name}`),
);

/** Refuses a message with an unknown field in a part of it that restricts, filters aside. */
export const refuseUnknownFields = (message: object): void => {
  const found = unknownField(message, (typeName) => filters.has(typeName));
  if (found !== undefined) refuse(`it has a field that this version does not know (${found})`);
};

/** Whether a filter has an unknown field anywhere. */
export const hasUnknownField = (filter: object): boolean => unknownField(filter, () => false) !== undefined;

/** Where an unknown field that matters is: `inbound.Network field 3`; undefined when there is none. */
const unknownField = (value: unknown, isSkipped: (typeName: string) => boolean): string | undefined => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  const { $typeName: typeName, $unknown: unknown } = value as MessageLike;
  if (typeName !== undefined) {
    if (isSkipped(typeName)) return undefined;
    const field = unknown?.[0];
    if (field !== undefined && !tolerant.has(typeName)) return `${typeName} field ${field.no}`;
  }
  for (const [key, part] of Object.entries(value)) {
    if (key.startsWith('$')) continue;
    const found = unknownField(part, isSkipped);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What generated messages have; a oneof or a list is an object without them. */
interface MessageLike {
  readonly $typeName?: string;
  readonly $unknown?: readonly { readonly no: number }[];
}
