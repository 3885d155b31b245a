/**
 * The inbound policy of a port as a message and back (wire §2.10). Reading is strict: whatever the wire calls required
 * makes the whole message invalid when it is missing, because a policy that is half understood is not a policy.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type {
  Authentication,
  Authorization,
  ClientNetwork,
  GrpcRoute,
  HttpRoute,
  InboundPolicy,
  Protocol,
  RateLimit,
} from '@heddle/policy';
import {
  type Authn,
  AuthnSchema,
  type Authz,
  AuthzSchema,
  type GrpcRoute as GrpcRouteMessage,
  GrpcRouteSchema,
  type HttpLocalRateLimit,
  HttpLocalRateLimitSchema,
  type HttpRoute as HttpRouteMessage,
  HttpRouteSchema,
  type Network,
  type ProxyProtocol,
  ProxyProtocolSchema,
  type Server,
  ServerSchema,
} from '../gen/io/linkerd/proxy/inbound_pb.ts';
import { type Decoded, decoded, each, refuse, required } from './decoded.ts';
import { grpcFilterFromProto, grpcFilterToProto, httpFilterFromProto, httpFilterToProto } from './http-filter.ts';
import {
  grpcMatchFromProto,
  grpcMatchToProto,
  hostMatchFromProto,
  hostMatchToProto,
  httpMatchFromProto,
  httpMatchToProto,
} from './http-match.ts';
import { ruleRefFromLabels, ruleRefFromProto, ruleRefToLabels, ruleRefToProto } from './rule-ref.ts';
import {
  durationFromProto,
  durationToProto,
  ipFromProto,
  ipToProto,
  networkFromProto,
  networkToProto,
} from './scalars.ts';
import { refuseUnknownFields } from './unknown-fields.ts';

export const inboundPolicyToProto = (policy: InboundPolicy): Server =>
  create(ServerSchema, {
    protocol: protocolToProto(policy.protocol),
    serverIps: policy.serverIps.map(ipToProto),
    authorizations: authorizationsToProto(policy.authorizations),
    labels: ruleRefToLabels(policy.server),
  });

export const inboundPolicyFromProto = (server: Server): Decoded<InboundPolicy> =>
  decoded('invalid policy', () => {
    refuseUnknownFields(server);
    return {
      server: ruleRefFromLabels(server.labels, 'server'),
      protocol: protocolFromProto(required(server.protocol, 'protocol')),
      authorizations: each(server.authorizations, 'authorizations', authorizationFromProto),
      serverIps: each(server.serverIps, 'server_ips', ipFromProto),
    };
  });

const protocolToProto = (protocol: Protocol): ProxyProtocol => {
  const rateLimit = 'rateLimit' in protocol && protocol.rateLimit && rateLimitToProto(protocol.rateLimit);
  switch (protocol.kind) {
    case 'detect':
      return proxyProtocol({
        case: 'detect',
        value: {
          timeout: durationToProto(protocol.timeoutMs),
          httpRoutes: protocol.routes.map(httpRouteToProto),
          ...(rateLimit && { httpLocalRateLimit: rateLimit }),
        },
      });
    case 'http1':
    case 'http2':
      return proxyProtocol({
        case: protocol.kind,
        value: { routes: protocol.routes.map(httpRouteToProto), ...(rateLimit && { localRateLimit: rateLimit }) },
      });
    case 'grpc':
      return proxyProtocol({ case: 'grpc', value: { routes: protocol.routes.map(grpcRouteToProto) } });
    case 'opaque':
    case 'tls':
      return proxyProtocol({ case: protocol.kind, value: {} });
  }
};

const proxyProtocol = (kind: MessageInitShape<typeof ProxyProtocolSchema>['kind'] & {}): ProxyProtocol =>
  create(ProxyProtocolSchema, { kind });

const protocolFromProto = ({ kind }: ProxyProtocol): Protocol => {
  switch (kind.case) {
    case 'detect':
      return {
        kind: 'detect',
        timeoutMs: durationFromProto(kind.value.timeout, 'detect timeout'),
        routes: each(kind.value.httpRoutes, 'http_routes', httpRouteFromProto),
        rateLimit: rateLimitFromProto(kind.value.httpLocalRateLimit),
      };
    case 'http1':
    case 'http2':
      return {
        kind: kind.case,
        routes: each(kind.value.routes, 'routes', httpRouteFromProto),
        rateLimit: rateLimitFromProto(kind.value.localRateLimit),
      };
    case 'grpc':
      return { kind: 'grpc', routes: each(kind.value.routes, 'routes', grpcRouteFromProto) };
    case 'opaque':
    case 'tls':
      return { kind: kind.case };
    case undefined:
      return refuse('the protocol is missing or not known');
  }
};

/** One without networks grants nothing, and readers would refuse the whole policy for it. */
const authorizationsToProto = (authorizations: readonly Authorization[]): Authz[] =>
  authorizations.filter(({ networks }) => networks.length > 0).map(authorizationToProto);

const authorizationToProto = ({ ref, networks, authentication }: Authorization): Authz =>
  create(AuthzSchema, {
    networks: networks.map(({ net, except }) => ({ net: networkToProto(net), except: except.map(networkToProto) })),
    authentication: authenticationToProto(authentication),
    labels: ruleRefToLabels(ref),
    metadata: ruleRefToProto(ref),
  });

const authorizationFromProto = (authz: Authz): Authorization => ({
  ref:
    authz.metadata === undefined
      ? ruleRefFromLabels(authz.labels, 'serverauthorization')
      : ruleRefFromProto(authz.metadata),
  networks:
    authz.networks.length === 0 ? refuse('no networks') : each(authz.networks, 'networks', clientNetworkFromProto),
  authentication: authenticationFromProto(required(authz.authentication, 'authentication')),
});

const clientNetworkFromProto = ({ net, except }: Network): ClientNetwork => ({
  net: networkFromProto(net),
  except: each(except, 'except', networkFromProto),
});

const authenticationToProto = (authentication: Authentication): Authn => {
  switch (authentication.kind) {
    case 'unauthenticated':
      return create(AuthnSchema, { permit: { case: 'unauthenticated', value: {} } });
    case 'tls':
      return create(AuthnSchema, {
        permit: { case: 'meshTLS', value: { clients: { case: 'unauthenticated', value: {} } } },
      });
    case 'identities':
      return create(AuthnSchema, {
        permit: {
          case: 'meshTLS',
          value: {
            clients: {
              case: 'identities',
              value: {
                identities: authentication.identities.map((name) => ({ name })),
                suffixes: authentication.suffixes.map((parts) => ({ parts: [...parts] })),
              },
            },
          },
        },
      });
  }
};

const authenticationFromProto = ({ permit }: Authn): Authentication => {
  if (permit.case === 'unauthenticated') return { kind: 'unauthenticated' };
  if (permit.case !== 'meshTLS') return refuse('the authentication is missing or not known');
  const { clients } = permit.value;
  if (clients.case === 'unauthenticated') return { kind: 'tls' };
  if (clients.case !== 'identities') return refuse('the authenticated clients are missing or not known');
  const { identities, suffixes } = clients.value;
  return {
    kind: 'identities',
    identities: identities.map(({ name }) => name),
    suffixes: suffixes.map(({ parts }) => parts),
  };
};

const httpRouteToProto = (route: HttpRoute): HttpRouteMessage =>
  create(HttpRouteSchema, {
    metadata: ruleRefToProto(route.ref),
    hosts: route.hosts.map(hostMatchToProto),
    authorizations: authorizationsToProto(route.authorizations),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(httpMatchToProto),
      filters: filters.map((filter) => ({ kind: httpFilterToProto(filter) })),
    })),
  });

const httpRouteFromProto = (route: HttpRouteMessage): HttpRoute => ({
  ref: ruleRefFromProto(route.metadata),
  hosts: each(route.hosts, 'hosts', hostMatchFromProto),
  authorizations: each(route.authorizations, 'authorizations', authorizationFromProto),
  rules: each(route.rules, 'rules', ({ matches, filters }) => ({
    matches: each(matches, 'matches', httpMatchFromProto),
    filters: each(filters, 'filters', httpFilterFromProto),
  })),
});

const grpcRouteToProto = (route: GrpcRoute): GrpcRouteMessage =>
  create(GrpcRouteSchema, {
    metadata: ruleRefToProto(route.ref),
    hosts: route.hosts.map(hostMatchToProto),
    authorizations: authorizationsToProto(route.authorizations),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(grpcMatchToProto),
      filters: filters.map((filter) => ({ kind: grpcFilterToProto(filter) })),
    })),
  });

const grpcRouteFromProto = (route: GrpcRouteMessage): GrpcRoute => ({
  ref: ruleRefFromProto(route.metadata),
  hosts: each(route.hosts, 'hosts', hostMatchFromProto),
  authorizations: each(route.authorizations, 'authorizations', authorizationFromProto),
  rules: each(route.rules, 'rules', ({ matches, filters }) => ({
    matches: each(matches, 'matches', grpcMatchFromProto),
    filters: each(filters, 'filters', grpcFilterFromProto),
  })),
});

const rateLimitToProto = ({ ref, total, identity, overrides }: RateLimit): HttpLocalRateLimit =>
  create(HttpLocalRateLimitSchema, {
    metadata: ruleRefToProto(ref),
    ...(total === undefined ? {} : { total: { requestsPerSecond: total } }),
    ...(identity === undefined ? {} : { identity: { requestsPerSecond: identity } }),
    overrides: overrides.map(({ requestsPerSecond, identities }) => ({
      limit: { requestsPerSecond },
      clients: { identities: identities.map((name) => ({ name })) },
    })),
  });

const rateLimitFromProto = (limit: HttpLocalRateLimit | undefined): RateLimit | undefined =>
  limit && {
    ref: ruleRefFromProto(limit.metadata),
    total: limit.total?.requestsPerSecond,
    identity: limit.identity?.requestsPerSecond,
    overrides: limit.overrides.map(({ limit: override, clients }) => ({
      requestsPerSecond: override?.requestsPerSecond ?? 0,
      identities: (clients?.identities ?? []).map(({ name }) => name),
    })),
  };
