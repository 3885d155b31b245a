/**
 * The outbound policy of a target as a message and back (wire §2.11). Reading is strict, and what the model cannot hold
 * refuses traffic rather than letting it pass without.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type {
  OpaqueFilter,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundHttpRule,
  OutboundPolicy,
  OutboundProtocol,
} from '@heddle/catalog';
import type { HttpFilter } from '@heddle/policy';
import {
  type HttpRoute_Rule,
  type HttpRoute as HttpRouteMessage,
  HttpRouteSchema,
  type OpaqueRoute_Filter,
  OpaqueRoute_FilterSchema,
  type OpaqueRoute as OpaqueRouteMessage,
  OpaqueRouteSchema,
  type OutboundPolicy as OutboundPolicyMessage,
  OutboundPolicySchema,
  type ProxyProtocol,
  ProxyProtocolSchema,
} from '../gen/io/linkerd/proxy/outbound_pb.ts';
import { type Decoded, decoded, each, refuse, required } from './decoded.ts';
import { outboundRefFromProto, outboundRefToProto } from './destination.ts';
import { distributionFromProto, distributionToProto } from './distribution.ts';
import { httpFilterFromProto, httpFilterToProto } from './http-filter.ts';
import { hostMatchFromProto, hostMatchToProto, httpMatchFromProto, httpMatchToProto } from './http-match.ts';
import { durationFromProto, durationToProto } from './scalars.ts';
import { hasUnknownField, refuseUnknownFields } from './unknown-fields.ts';

export const outboundPolicyToProto = (policy: OutboundPolicy): OutboundPolicyMessage =>
  create(OutboundPolicySchema, {
    protocol: protocolToProto(policy.protocol),
    metadata: outboundRefToProto(policy.ref),
  });

export const outboundPolicyFromProto = (policy: OutboundPolicyMessage): Decoded<OutboundPolicy> =>
  decoded('invalid policy', () => {
    refuseUnknownFields(policy);
    return {
      ref: outboundRefFromProto(policy.metadata),
      protocol: protocolFromProto(required(policy.protocol, 'protocol')),
    };
  });

const protocolToProto = (protocol: OutboundProtocol): ProxyProtocol => {
  switch (protocol.kind) {
    case 'detect':
      return proxyProtocol({
        case: 'detect',
        value: {
          timeout: durationToProto(protocol.timeoutMs),
          opaque: { routes: [opaqueRouteToProto(protocol.opaqueRoute)] },
          http1: { routes: protocol.http1Routes.map(httpRouteToProto) },
          http2: { routes: protocol.http2Routes.map(httpRouteToProto) },
        },
      });
    case 'http1':
    case 'http2':
      return proxyProtocol({ case: protocol.kind, value: { routes: protocol.routes.map(httpRouteToProto) } });
    case 'opaque':
      return proxyProtocol({ case: 'opaque', value: { routes: [opaqueRouteToProto(protocol.route)] } });
  }
};

const proxyProtocol = (kind: MessageInitShape<typeof ProxyProtocolSchema>['kind'] & {}): ProxyProtocol =>
  create(ProxyProtocolSchema, { kind });

const protocolFromProto = ({ kind }: ProxyProtocol): OutboundProtocol => {
  switch (kind.case) {
    case 'detect': {
      const { timeout, opaque, http1, http2 } = kind.value;
      return {
        kind: 'detect',
        timeoutMs: durationFromProto(timeout, 'detect timeout'),
        http1Routes: each(required(http1, 'http1').routes, 'http1.routes', httpRouteFromProto),
        http2Routes: each(required(http2, 'http2').routes, 'http2.routes', httpRouteFromProto),
        opaqueRoute: onlyRoute(required(opaque, 'opaque').routes),
      };
    }
    case 'http1':
    case 'http2':
      return { kind: kind.case, routes: each(kind.value.routes, 'routes', httpRouteFromProto) };
    case 'opaque':
      return { kind: 'opaque', route: onlyRoute(kind.value.routes) };
    case 'grpc':
    case 'tls':
      return refuse(`the protocol ${kind.case} is not supported`);
    case undefined:
      return refuse('the protocol is missing or not known');
  }
};

const httpRouteToProto = (route: OutboundHttpRoute): HttpRouteMessage =>
  create(HttpRouteSchema, {
    metadata: outboundRefToProto(route.ref),
    hosts: route.hosts.map(hostMatchToProto),
    rules: route.rules.map(({ matches, filters, distribution }) => ({
      matches: matches.map(httpMatchToProto),
      filters: filters.map((filter) => ({ kind: httpFilterToProto(filter) })),
      backends: distributionToProto(distribution),
    })),
  });

const httpRouteFromProto = (route: HttpRouteMessage): OutboundHttpRoute => ({
  ref: outboundRefFromProto(route.metadata),
  hosts: each(route.hosts, 'hosts', hostMatchFromProto),
  rules: each(route.rules, 'rules', httpRuleFromProto),
});

const httpRuleFromProto = (rule: HttpRoute_Rule): OutboundHttpRule => {
  const { distribution, hasFilters } = distributionFromProto(rule.backends);
  const filters: HttpFilter[] = each(rule.filters, 'filters', httpFilterFromProto);
  return {
    matches: each(rule.matches, 'matches', httpMatchFromProto),
    // Filters of single backends are not in the model; passing requests without them is not an option.
    filters: hasFilters ? [...filters, { kind: 'unknown' }] : filters,
    distribution,
  };
};

const opaqueRouteToProto = ({ ref, filters, distribution }: OpaqueRoute): OpaqueRouteMessage =>
  create(OpaqueRouteSchema, {
    metadata: outboundRefToProto(ref),
    rules: [
      {
        filters: filters.map(opaqueFilterToProto),
        backends: distributionToProto(distribution),
      },
    ],
  });

const opaqueFilterToProto = (filter: OpaqueFilter): OpaqueRoute_Filter =>
  create(OpaqueRoute_FilterSchema, {
    kind:
      filter.kind === 'forbidden'
        ? { case: 'forbidden', value: {} }
        : { case: 'invalid', value: { message: filter.message } },
  });

/** Raw bytes cannot be told apart, so there is one route with one rule. */
const onlyRoute = (routes: readonly OpaqueRouteMessage[]): OpaqueRoute => {
  const [route] = routes;
  const [rule] = route?.rules ?? [];
  if (route === undefined || rule === undefined || routes.length > 1 || route.rules.length > 1) {
    return refuse('an opaque protocol needs exactly one route with exactly one rule');
  }
  const { distribution, hasFilters } = distributionFromProto(rule.backends);
  const filters = rule.filters.map((filter): OpaqueFilter => {
    const { kind } = filter;
    const isKnown = !hasUnknownField(filter);
    if (isKnown && kind.case === 'forbidden') return { kind: 'forbidden' };
    const message = isKnown && kind.case === 'invalid' ? kind.value.message : 'a filter that is not known';
    return { kind: 'invalid', message };
  });
  return {
    ref: outboundRefFromProto(route.metadata),
    filters: hasFilters
      ? [...filters, { kind: 'invalid', message: 'filters on a backend are not supported' }]
      : filters,
    distribution,
  };
};
