/** A cluster's API server as the source of resources: and who hears of trouble. */
import { formatProblem, type ResourceSource, unreadableFrom } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import {
  type KindState,
  type KubernetesSourceOptions,
  kubernetesSource,
  meshKinds,
  type ResourceKind,
} from '@heddle/k8s';
import { parseObject } from '@heddle/manifests';
import type { Logger } from '@heddle/telemetry';

export interface ClusterMetrics {
  /** Told where to look when metrics are read. */
  readonly observe: (states: () => readonly KindState[]) => void;
  readonly failed: (kind: ResourceKind, status: number) => void;
  readonly unreadable: (object: { readonly group: string; readonly kind: string }) => void;
}

export interface ClusterSourceOptions extends Pick<KubernetesSourceOptions, 'api' | 'clock' | 'random' | 'onFault'> {
  readonly log: Logger;
  readonly metrics: ClusterMetrics;
  /** Told of each object as it was sent, before it is read. */
  readonly onObject: (value: unknown) => void;
}

/** Not yet started. */
export const createKubernetesSource = (options: ClusterSourceOptions): ResourceSource => {
  const { api, clock, random, onFault, log, metrics, onObject } = options;
  const source = kubernetesSource({
    api,
    kinds: meshKinds,
    read: (value) => {
      onObject(value);
      return readObject(value, log, metrics);
    },
    standInFor,
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
  return source;
};

/** What cannot be read closes what it may speak of, rather than leaving that to others. */
const standInFor = (value: unknown): KubernetesObject | undefined => {
  const result = parseObject(value);
  if (result.kind !== 'invalid') return undefined;
  return unreadableFrom(value, result.problems.map(formatProblem).join('; ').slice(0, maxProblemChars));
};

/** It goes into statuses. */
const maxProblemChars = 1_000;

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
