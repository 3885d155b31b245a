/**
 * Endpoints and profiles as messages and back (wire §2.9). An endpoint that announces an identity we do not understand
 * is left out, never taken as one without: what is meshed does not downgrade.
 */
import { create } from '@bufbuild/protobuf';
import type {
  Endpoint,
  EndpointTls,
  EndpointUpdate,
  Http2KeepAlive,
  OutboundRef,
  Profile,
  ProtocolHint,
  RetryBudget,
} from '@heddle/catalog';
import {
  type DestinationProfile,
  DestinationProfileSchema,
  type Http2ClientParams,
  type ProtocolHint as ProtocolHintMessage,
  type RetryBudget as RetryBudgetMessage,
  type TlsIdentity,
  type Update,
  UpdateSchema,
  type WeightedAddr,
  WeightedAddrSchema,
} from '../gen/io/linkerd/proxy/destination_pb.ts';
import { type Metadata, MetadataSchema } from '../gen/io/linkerd/proxy/meta_pb.ts';
import { type Decoded, decoded, each, nonEmpty, nonZero, refuse, required } from './decoded.ts';
import {
  profileOverrideFromProto,
  profileOverrideToProto,
  profileRouteFromProto,
  profileRouteToProto,
} from './profile-routes.ts';
import { durationFromProto, durationToProto, socketAddressFromProto, socketAddressToProto } from './scalars.ts';
import { refuseUnknownFields } from './unknown-fields.ts';

export const endpointUpdateToProto = (update: EndpointUpdate): Update => {
  switch (update.kind) {
    case 'add':
      return create(UpdateSchema, {
        update: {
          case: 'add',
          value: { addrs: update.endpoints.map(endpointToProto), metricLabels: { ...update.labels } },
        },
      });
    case 'remove':
      return create(UpdateSchema, {
        update: {
          case: 'remove',
          value: { addrs: update.addresses.map(({ ip, port }) => socketAddressToProto(ip, port)) },
        },
      });
    case 'noEndpoints':
      return create(UpdateSchema, { update: { case: 'noEndpoints', value: { exists: update.exists } } });
  }
};

/** Endpoints and addresses that make no sense are left out; only a message of an unknown kind is invalid. */
export const endpointUpdateFromProto = ({ update }: Update): Decoded<EndpointUpdate> =>
  decoded('invalid endpoint update', () => {
    switch (update.case) {
      case 'add':
        return {
          kind: 'add',
          labels: update.value.metricLabels,
          endpoints: understood(update.value.addrs, endpointFromProto),
        };
      case 'remove':
        return { kind: 'remove', addresses: understood(update.value.addrs, socketAddressFromProto) };
      case 'noEndpoints':
        return { kind: 'noEndpoints', exists: update.value.exists };
      case undefined:
        return refuse('it is neither add, remove nor no_endpoints');
    }
  });

export const endpointToProto = (endpoint: Endpoint): WeightedAddr => {
  const { address, weight, labels, tls, hint, keepAlive, authorityOverride } = endpoint;
  return create(WeightedAddrSchema, {
    addr: socketAddressToProto(address.ip, address.port),
    weight,
    metricLabels: { ...labels },
    ...(tls && { tlsIdentity: tlsToProto(tls) }),
    ...(hint && { protocolHint: hintToProto(hint) }),
    ...(keepAlive && {
      http2: {
        keepAlive: {
          interval: durationToProto(keepAlive.intervalMs),
          timeout: durationToProto(keepAlive.timeoutMs),
          whileIdle: keepAlive.whileIdle,
        },
      },
    }),
    ...(authorityOverride !== undefined && { authorityOverride: { authorityOverride } }),
  });
};

export const endpointFromProto = (addr: WeightedAddr): Endpoint => {
  refuseUnknownFields(addr);
  return {
    address: socketAddressFromProto(addr.addr),
    weight: addr.weight,
    labels: addr.metricLabels,
    tls: addr.tlsIdentity && tlsFromProto(addr.tlsIdentity),
    hint: addr.protocolHint && hintFromProto(addr.protocolHint),
    keepAlive: keepAliveFromProto(addr.http2),
    authorityOverride: addr.authorityOverride?.authorityOverride,
  };
};

const tlsToProto = ({ identity, serverName }: EndpointTls) => ({
  strategy:
    identity.kind === 'dns'
      ? ({ case: 'dnsLikeIdentity', value: { name: identity.name } } as const)
      : ({ case: 'uriLikeIdentity', value: { uri: identity.name } } as const),
  ...(serverName !== undefined && { serverName: { name: serverName } }),
});

const tlsFromProto = ({ strategy, serverName }: TlsIdentity): EndpointTls => {
  const sni = serverName?.name;
  if (strategy.case === 'dnsLikeIdentity') {
    return { identity: { kind: 'dns', name: strategy.value.name || refuse('the identity is empty') }, serverName: sni };
  }
  if (strategy.case !== 'uriLikeIdentity') return refuse('the identity is missing or not known');
  // A URI cannot be sent as SNI.
  return {
    identity: { kind: 'uri', name: strategy.value.uri || refuse('the identity is empty') },
    serverName: required(sni, 'server_name'),
  };
};

const hintToProto = ({ protocol, opaqueTransportPort }: ProtocolHint) => ({
  ...(protocol !== undefined && { protocol: { case: protocol, value: {} } as const }),
  ...(opaqueTransportPort !== undefined && { opaqueTransport: { inboundPort: opaqueTransportPort } }),
});

const hintFromProto = ({ protocol, opaqueTransport }: ProtocolHintMessage): ProtocolHint => ({
  protocol: protocol.case,
  opaqueTransportPort:
    opaqueTransport === undefined || (opaqueTransport.inboundPort >= 1 && opaqueTransport.inboundPort <= 65_534)
      ? opaqueTransport?.inboundPort
      : refuse(`${opaqueTransport.inboundPort} is not an inbound port`),
});

const keepAliveFromProto = (http2: Http2ClientParams | undefined): Http2KeepAlive | undefined => {
  const keepAlive = http2?.keepAlive;
  if (keepAlive?.interval === undefined || keepAlive.timeout === undefined) return undefined;
  return {
    intervalMs: durationFromProto(keepAlive.interval, 'keep-alive interval'),
    timeoutMs: durationFromProto(keepAlive.timeout, 'keep-alive timeout'),
    whileIdle: keepAlive.whileIdle,
  };
};

export const profileToProto = (profile: Profile): DestinationProfile => {
  const { fullyQualifiedName, isOpaque, retryBudget, endpoint, parentRef, profileRef, routes, overrides } = profile;
  return create(DestinationProfileSchema, {
    fullyQualifiedName: fullyQualifiedName ?? '',
    opaqueProtocol: isOpaque,
    ...(retryBudget && {
      retryBudget: {
        retryRatio: retryBudget.ratio,
        minRetriesPerSecond: retryBudget.minRetriesPerSecond,
        ttl: durationToProto(retryBudget.ttlMs),
      },
    }),
    ...(endpoint && { endpoint: endpointToProto(endpoint) }),
    ...(parentRef && { parentRef: outboundRefToProto(parentRef) }),
    ...(profileRef && { profileRef: outboundRefToProto(profileRef) }),
    ...(routes && { routes: routes.map(profileRouteToProto) }),
    ...(overrides && { dstOverrides: overrides.map(profileOverrideToProto) }),
  });
};

/**
 * Invalid when its one endpoint is not understood: without it, traffic would go to the bare address. So is a route or a
 * split that is not: what comes after it would stand for it.
 */
export const profileFromProto = (profile: DestinationProfile): Decoded<Profile> =>
  decoded('invalid profile', () => ({
    fullyQualifiedName: nonEmpty(profile.fullyQualifiedName),
    isOpaque: profile.opaqueProtocol,
    retryBudget: retryBudgetFromProto(profile.retryBudget),
    endpoint: profile.endpoint && endpointFromProto(profile.endpoint),
    parentRef: labelFromProto(profile.parentRef),
    profileRef: labelFromProto(profile.profileRef),
    routes: some(each(profile.routes, 'routes', profileRouteFromProto)),
    overrides: some(each(profile.dstOverrides, 'dst_overrides', profileOverrideFromProto)),
  }));

/** A name for metrics only. Linkerd's control plane leaves the kind of a ServiceProfile out. */
const labelFromProto = (metadata: Metadata | undefined): OutboundRef | undefined => {
  const ref = decoded('reference', () => outboundRefFromProto(metadata));
  return ref.kind === 'ok' ? ref.value : undefined;
};

const some = <T>(items: readonly T[]): readonly T[] | undefined => (items.length > 0 ? items : undefined);

/** Dropped when out of range, as proxies do: a budget is a limit on retries, and without one there are none. */
const retryBudgetFromProto = (budget: RetryBudgetMessage | undefined): RetryBudget | undefined => {
  if (budget?.ttl === undefined) return undefined;
  const ttlMs = durationFromProto(budget.ttl, 'retry budget');
  const isInRange = budget.retryRatio >= 0 && budget.retryRatio <= 1000 && ttlMs >= 1000 && ttlMs <= 60_000;
  if (!isInRange) return undefined;
  return { ratio: float32(budget.retryRatio), minRetriesPerSecond: budget.minRetriesPerSecond, ttlMs };
};

/** The short decimal that a 32-bit float stands for: 0.2, not 0.20000000298. */
const float32 = (value: number): number => Number(value.toPrecision(7));

export const outboundRefToProto = (ref: OutboundRef): Metadata =>
  create(MetadataSchema, {
    kind:
      ref.kind === 'default'
        ? { case: 'default', value: ref.name }
        : {
            case: 'resource',
            value: {
              group: ref.group,
              kind: ref.resource,
              name: ref.name,
              namespace: ref.namespace,
              section: ref.section ?? '',
              port: ref.port ?? 0,
            },
          },
  });

export const outboundRefFromProto = (metadata: Metadata | undefined): OutboundRef => {
  const kind = metadata?.kind;
  if (kind?.case === 'default') return { kind: 'default', name: kind.value };
  if (kind?.case !== 'resource') return refuse('metadata is missing');
  const { group, kind: resource, name, namespace, section, port } = kind.value;
  if (group === '' || resource === '' || name === '' || namespace === '') return refuse('metadata is incomplete');
  return { kind: 'resource', group, resource, name, namespace, section: nonEmpty(section), port: nonZero(port) };
};

/** The items that can be read. */
const understood = <T, R>(items: readonly T[], convert: (item: T) => R): R[] =>
  items.flatMap((item) => {
    const result = decoded('item', () => convert(item));
    return result.kind === 'ok' ? [result.value] : [];
  });
