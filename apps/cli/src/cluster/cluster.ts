/** A cluster as commands see it: objects read, ports of pods reached. Nothing here writes. */
import type { Duplex } from 'node:stream';
import {
  ApiError,
  collectionPath,
  forwardPort,
  KubernetesApi,
  listObjects,
  objectPath,
  type PodPort,
  type ResourceKind,
  userConnection,
} from '@heddle/k8s';
import { systemClock } from '@heddle/runtime';
import { textAt } from './fields.ts';
import type { ClusterOptions } from './options.ts';

export interface Cluster {
  readonly api: KubernetesApi;
  /** Of the kubeconfig's context. */
  readonly namespace: string;
  /** Where the control plane is. */
  readonly linkerdNamespace: string;
  /** None when the kind is not installed. @throws {ApiError} */
  list(kind: ResourceKind, namespace?: string): Promise<readonly unknown[]>;
  /** Undefined when there is none, or the kind is not installed. @throws {ApiError} */
  get(kind: ResourceKind, namespace: string, name: string): Promise<unknown>;
  /** The caller destroys the stream. @throws {ApiError} */
  forward(target: PodPort): Promise<Duplex>;
  close(): void;
}

const pageSize = 500;

/** The API server is not contacted yet. @throws {ConnectionError} */
export const openCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const connection = await userConnection({ ...options, environment: process.env });
  const api = new KubernetesApi({ connection, clock: systemClock });
  const { signal } = new AbortController();
  return {
    api,
    namespace: connection.namespace,
    linkerdNamespace: options.linkerdNamespace,
    list: (kind, namespace) =>
      orWhenAbsent([], async () => {
        const take = ({ value }: { readonly value: unknown }): unknown => value;
        const { items } = await listObjects({ api, kind, namespace, pageSize, signal, take, onPage: () => {} });
        return items;
      }),
    get: (kind, namespace, name) =>
      orWhenAbsent(undefined, async () => {
        const path = objectPath(kind, kind.isClusterScoped === true ? '' : namespace, name);
        return api.call({ path });
      }),
    forward: (target) => forwardPort(api, target),
    close: () => api.close(),
  };
};

const orWhenAbsent = async <T>(absent: T, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return absent;
    throw error;
  }
};

/** Runs a command with a cluster, and closes it whatever happens. */
export const withCluster = async <T>(options: ClusterOptions, run: (cluster: Cluster) => Promise<T>): Promise<T> => {
  const cluster = await openCluster(options);
  try {
    return await run(cluster);
  } finally {
    cluster.close();
  }
};

/** Such as `v1.34.1`. @throws {ApiError} */
export const serverVersion = async ({ api }: Pick<Cluster, 'api'>): Promise<string> =>
  textAt(await api.call({ path: '/version' }), 'gitVersion');

/** Whether whoever asks may do something to a kind of objects (a SelfSubjectAccessReview). @throws {ApiError} */
export const mayI = async (
  { api }: Pick<Cluster, 'api'>,
  verb: string,
  kind: ResourceKind,
  namespace = '',
): Promise<boolean> => {
  const resourceAttributes = { verb, group: kind.group, version: kind.version, resource: kind.plural, namespace };
  const review: ResourceKind = {
    group: 'authorization.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    isClusterScoped: true,
  };
  const answer = (await api.call({
    method: 'POST',
    path: collectionPath(review),
    body: { apiVersion: 'authorization.k8s.io/v1', kind: review.kind, spec: { resourceAttributes } },
  })) as { readonly status?: { readonly allowed?: boolean } };
  return answer.status?.allowed === true;
};
