/** Statuses of a cluster's resources: what watching tells of them, the lease of whoever may write, and the writer. */
import type { Catalog } from '@heddle/catalog';
import { type KubernetesApi, LeaseElection } from '@heddle/k8s';
import type { Clock } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { StatusMetrics } from '../metrics.ts';
import { StatusWriter } from './status-writer.ts';
import { WatchedStatuses } from './watched-statuses.ts';

export interface StatusesOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  readonly catalog: Catalog;
  readonly isSynced: () => boolean;
  /** Of the control plane, where the Lease is. */
  readonly namespace: string;
  /** Unique among the replicas. */
  readonly replica: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: StatusMetrics;
}

export interface Statuses {
  readonly watched: WatchedStatuses;
  readonly writer: StatusWriter;
  readonly election: LeaseElection;
}

/** The Lease of Linkerd's policy controller, so that of the two at most one writes. */
export const leaseName = 'policy-controller-write';

/** Nothing runs yet. */
export const createStatuses = (options: StatusesOptions): Statuses => {
  const { api, catalog, isSynced, namespace, replica, clock, random, log, metrics } = options;
  let lastReason = '';
  const election = new LeaseElection({
    api,
    namespace,
    name: leaseName,
    identity: replica,
    clock,
    random,
    onError: ({ message }) => {
      if (message !== lastReason) log.warn({ reason: message }, 'the lease of who writes statuses cannot be had');
      lastReason = message;
    },
  });
  const watched = new WatchedStatuses();
  const writer = new StatusWriter({
    api,
    catalog,
    watched,
    leading: election.leading,
    isSynced,
    clock,
    random,
    log,
    onWrite: (kind, result) => metrics.writes.inc({ kind, result }),
  });
  metrics.observeLeading(() => election.leading.value);
  return { watched, writer, election };
};
