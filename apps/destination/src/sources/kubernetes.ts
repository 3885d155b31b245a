/** A cluster's API server as the source of resources: which kinds are watched, and who hears of trouble. */
import { formatProblem, type ResourceSource } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import {
  type KindState,
  type KubernetesAccess,
  type KubernetesSourceOptions,
  kubernetesSource,
  openKubernetesApi,
  type ResourceKind,
} from '@heddle/k8s';
import { parseObject } from '@heddle/manifests';
import type { Logger } from '@heddle/telemetry';

const policyKinds = (version: string, names: readonly (readonly [string, string])[]): readonly ResourceKind[] =>
  names.map(([kind, plural]) => ({ group: 'policy.linkerd.io', version, kind, plural }));

/** What the catalog reads. Custom resources that are not installed are empty. */
export const watchedKinds: readonly ResourceKind[] = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isClusterScoped: true },
  { group: '', version: 'v1', kind: 'Node', plural: 'nodes', isClusterScoped: true },
  { group: '', version: 'v1', kind: 'Pod', plural: 'pods' },
  { group: '', version: 'v1', kind: 'Service', plural: 'services' },
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  ...policyKinds('v1alpha1', [
    ['AuthorizationPolicy', 'authorizationpolicies'],
    ['MeshTLSAuthentication', 'meshtlsauthentications'],
    ['NetworkAuthentication', 'networkauthentications'],
    ['HTTPLocalRateLimitPolicy', 'httplocalratelimitpolicies'],
    ['EgressNetwork', 'egressnetworks'],
  ]),
  ...policyKinds('v1beta1', [['ServerAuthorization', 'serverauthorizations']]),
  ...policyKinds('v1beta3', [
    ['Server', 'servers'],
    ['HTTPRoute', 'httproutes'],
  ]),
  { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'HTTPRoute', plural: 'httproutes' },
  { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'GRPCRoute', plural: 'grpcroutes' },
];

export interface ClusterMetrics {
  /** Told where to look when metrics are read. */
  readonly observe: (states: () => readonly KindState[]) => void;
  readonly failed: (kind: ResourceKind, status: number) => void;
  readonly unreadable: (object: { readonly group: string; readonly kind: string }) => void;
}

export interface ClusterSourceOptions extends Pick<KubernetesSourceOptions, 'clock' | 'random' | 'onFault'> {
  readonly access: KubernetesAccess;
  readonly log: Logger;
  readonly metrics: ClusterMetrics;
}

/** Not yet started. @throws {ConfigError} when the access is not configured as it should be */
export const createKubernetesSource = async (options: ClusterSourceOptions): Promise<ResourceSource> => {
  const { access, clock, random, onFault, log, metrics } = options;
  const api = await openKubernetesApi(access, { variable: 'HEDDLE_KUBERNETES', clock });
  const source = kubernetesSource({
    api,
    kinds: watchedKinds,
    read: (value) => readObject(value, log, metrics),
    clock,
    random,
    onFault,
    onError: (kind, error) => {
      metrics.failed(kind, error.status);
      log.warn(
        { kind: kind.kind, group: kind.group, reason: error.message },
        'the cluster cannot be watched; trying again',
      );
    },
  });
  metrics.observe(() => source.states());
  return {
    start: (sink) => source.start(sink),
    close: async () => {
      await source.close();
      api.close();
    },
  };
};

const readObject = (value: unknown, log: Logger, metrics: ClusterMetrics): KubernetesObject | undefined => {
  const result = parseObject(value);
  if (result.kind === 'object') return result.object;
  const problem = result.kind === 'invalid' ? result.problems.map(formatProblem).join('; ') : 'its kind is not read';
  const { apiVersion = '', kind = '', metadata } = value as UnreadObject;
  metrics.unreadable({ group: apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '', kind });
  log.error({ kind, namespace: metadata?.namespace, name: metadata?.name }, `an object makes no sense: ${problem}`);
  return undefined;
};

interface UnreadObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
}
