/**
 * How a route spreads requests over backends, as messages and back (wire §2.11). Writing never produces what is known to
 * crash a reader: a backend that cannot be is written without a kind, which readers answer with 502, and weights that are
 * all 0 become an empty distribution.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Backend, Distribution } from '@heddle/catalog';
import { parseIp } from '@heddle/names';
import { type Backend as BackendMessage, BackendSchema } from '../gen/io/linkerd/proxy/outbound_pb.ts';
import { each, refuse, required } from './decoded.ts';
import { endpointFromProto, endpointToProto, outboundRefFromProto, outboundRefToProto } from './destination.ts';
import { durationFromProto, durationToProto } from './scalars.ts';

interface RouteBackendMessage {
  readonly backend?: BackendMessage | undefined;
  readonly filters: readonly unknown[];
}

/** The shape that the distributions of all kinds of routes share, as it is read … */
interface DistributionMessage {
  readonly kind:
    | { case: 'empty' }
    | { case: 'firstAvailable'; value: { readonly backends: readonly RouteBackendMessage[] } }
    | {
        case: 'randomAvailable';
        value: {
          readonly backends: readonly { readonly backend?: RouteBackendMessage | undefined; readonly weight: number }[];
        };
      }
    | { case: undefined };
}

/** … and as it is written. */
interface DistributionInit {
  kind:
    | { case: 'empty'; value: { $typeName?: never } }
    | { case: 'firstAvailable'; value: { backends: { backend: BackendMessage }[] } }
    | { case: 'randomAvailable'; value: { backends: { backend: { backend: BackendMessage }; weight: number }[] } };
}

export const distributionToProto = (distribution: Distribution): DistributionInit => {
  switch (distribution.kind) {
    case 'empty':
      return { kind: { case: 'empty', value: {} } };
    case 'firstAvailable':
      if (distribution.backends.length === 0) return { kind: { case: 'empty', value: {} } };
      return {
        kind: {
          case: 'firstAvailable',
          value: { backends: distribution.backends.map((backend) => ({ backend: backendToProto(backend) })) },
        },
      };
    case 'randomAvailable':
      // Weights that are all 0 make readers panic.
      if (distribution.backends.every(({ weight }) => weight === 0)) return { kind: { case: 'empty', value: {} } };
      return {
        kind: {
          case: 'randomAvailable',
          value: {
            backends: distribution.backends.map(({ backend, weight }) => ({
              backend: { backend: backendToProto(backend) },
              weight,
            })),
          },
        },
      };
  }
};

export const distributionFromProto = (
  message: DistributionMessage | undefined,
): { readonly distribution: Distribution; readonly hasFilters: boolean } => {
  const { kind } = required(message, 'backends');
  switch (kind.case) {
    case 'empty':
      return { distribution: { kind: 'empty' }, hasFilters: false };
    case 'firstAvailable': {
      const { backends } = kind.value;
      if (backends.length === 0) return refuse('backends are missing');
      return {
        distribution: {
          kind: 'firstAvailable',
          backends: each(backends, 'backends', ({ backend }) => backendFromProto(backend)),
        },
        hasFilters: backends.some(({ filters }) => filters.length > 0),
      };
    }
    case 'randomAvailable': {
      const { backends } = kind.value;
      if (backends.every(({ weight }) => weight === 0)) return refuse('all weights are 0');
      return {
        distribution: {
          kind: 'randomAvailable',
          backends: each(backends, 'backends', ({ backend, weight }) => ({
            backend: backendFromProto(backend?.backend),
            weight,
          })),
        },
        hasFilters: backends.some(({ backend }) => (backend?.filters.length ?? 0) > 0),
      };
    }
    case undefined:
      return refuse('the distribution is missing or not known');
  }
};

const backendToProto = ({ ref, target, queue }: Backend): BackendMessage =>
  create(BackendSchema, {
    metadata: outboundRefToProto(ref),
    queue: { capacity: queue.capacity, failfastTimeout: durationToProto(queue.failfastTimeoutMs) },
    kind: backendKind(target),
  });

const backendKind = (target: Backend['target']): NonNullable<MessageInitShape<typeof BackendSchema>['kind']> => {
  // Both would make readers panic; without a kind they answer 502.
  if (target.kind === 'forward') {
    return target.endpoint.address.port === 0
      ? { case: undefined }
      : { case: 'forward', value: endpointToProto(target.endpoint) };
  }
  if (!isNameAndPort(target.path)) return { case: undefined };
  return {
    case: 'balancer',
    value: {
      discovery: { kind: { case: 'dst', value: { path: target.path } } },
      load: {
        case: 'peakEwma',
        value: { defaultRtt: durationToProto(target.defaultRttMs), decay: durationToProto(target.decayMs) },
      },
    },
  };
};

const backendFromProto = (backend: BackendMessage | undefined): Backend => {
  const { metadata, kind, queue } = required(backend, 'backend');
  const { capacity, failfastTimeout } = required(queue, 'queue');
  return {
    ref: outboundRefFromProto(metadata),
    target: targetFromProto(kind),
    queue: { capacity, failfastTimeoutMs: durationFromProto(failfastTimeout, 'failfast timeout') },
  };
};

const targetFromProto = (kind: BackendMessage['kind']): Backend['target'] => {
  if (kind.case === 'forward') return { kind: 'forward', endpoint: endpointFromProto(kind.value) };
  if (kind.case !== 'balancer') return refuse('a backend of no or of an unknown kind');
  const { discovery, load } = kind.value;
  const dst = required(discovery?.kind.value, 'discovery');
  const { defaultRtt, decay } = load.value ?? refuse('load is missing');
  return {
    kind: 'balancer',
    path: isNameAndPort(dst.path) ? dst.path : refuse('a discovery path is not a name and a port'),
    defaultRttMs: durationFromProto(defaultRtt, 'default_rtt'),
    decayMs: durationFromProto(decay, 'decay'),
  };
};

/** `name:port`, where the name is no address. */
const isNameAndPort = (path: string): boolean => {
  const colon = path.lastIndexOf(':');
  const port = Number(path.slice(colon + 1));
  const host = path.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const hasPort = colon > 0 && /^[0-9]+$/.test(path.slice(colon + 1)) && port >= 1 && port <= 65_535;
  return hasPort && parseIp(host).kind === 'error' && !host.includes(':');
};
