/** Namespaces and the controllers between pods and their workloads, as the API server tells of them. */
import { hostname } from 'node:os';
import type { KubernetesObject } from '@heddle/crds/core';
import {
  EventRecorder,
  type KindState,
  type KubernetesAccess,
  kubernetesSource,
  openKubernetesApi,
  type ResourceKind,
} from '@heddle/k8s';
import { parseObject } from '@heddle/manifests';
import type { Clock } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { KnownObjects } from './known-objects.ts';
import { LiveLookup, type LookupResult } from './live-lookup.ts';
import type { Cluster } from './open-cluster.ts';

/** ReplicaSets stand between pods and Deployments, Jobs between pods and CronJobs. */
export const watchedKinds = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isClusterScoped: true },
  { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets' },
  { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs' },
] as const satisfies readonly ResourceKind[];

export interface KubernetesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A background task ended that must not. */
  readonly onFault: (task: string, cause: unknown) => void;
  readonly onWatchError: (kind: ResourceKind, status: number) => void;
  readonly onLookup: (result: LookupResult) => void;
  /** An event could not be written. */
  readonly onEventError: (status: number) => void;
  /** Told where to look when metrics are read. */
  readonly onStates: (states: () => readonly KindState[]) => void;
}

/** @throws {ConfigError} */
export const openKubernetes = async (
  access: KubernetesAccess,
  known: KnownObjects,
  { clock, log, random, onFault, onWatchError, onLookup, onEventError, onStates }: KubernetesOptions,
): Promise<Cluster> => {
  const api = await openKubernetesApi(access, { variable: 'HEDDLE_KUBERNETES', clock });
  const read = (value: unknown): KubernetesObject | undefined => {
    const object = readMetadata(value);
    if (object === undefined) log.error({ object: nameOf(value) }, 'an object of the cluster makes no sense');
    return object;
  };
  const source = kubernetesSource({
    api,
    kinds: watchedKinds,
    read,
    clock,
    random,
    onFault,
    onError: (kind, error) => {
      onWatchError(kind, error.status);
      log.warn({ kind: kind.kind, reason: error.message }, 'the cluster cannot be watched; trying again');
    },
  });
  onStates(() => source.states());
  const events = new EventRecorder({
    api,
    controller: 'linkerd.io/proxy-injector',
    instance: hostname(),
    clock,
    onError: (error) => {
      onEventError(error.status);
      log.debug({ reason: error.message }, 'an event could not be written');
    },
  });
  return {
    tell: (report) => events.record(report),
    lookup: new LiveLookup({ known, api, read, clock, log, onResult: onLookup }),
    start: () => {
      // Never rejects; `known` says when it is done.
      void source.start(known);
      return Promise.resolve();
    },
    close: async () => {
      api.close();
      await source.close();
    },
  };
};

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
}

/**
 * Of thousands of ReplicaSets only the metadata is of use here: their templates are neither kept nor found fault with.
 */
const readMetadata = (value: unknown): KubernetesObject | undefined => {
  const result = parseObject({ ...(value as object), spec: { template: { spec: { containers: [] } } }, status: {} });
  return result.kind === 'object' ? result.object : undefined;
};

const nameOf = (value: unknown): string => {
  const { kind, metadata } = (value ?? {}) as Manifest;
  return `${kind} ${metadata?.namespace ?? ''}/${metadata?.name}`;
};
