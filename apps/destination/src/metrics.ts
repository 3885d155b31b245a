/** Every metric this process exports besides those of the runtime. */

import { type AdmissionMetrics, createAdmissionMetrics } from '@heddle/admission';
import type { IdentityState } from '@heddle/api';
import type { KindState } from '@heddle/k8s';
import type { ReadableCell } from '@heddle/runtime';
import { Counter, createPromRegistry, Gauge, Histogram, type Registry } from '@heddle/telemetry/prom';
import type { StreamCounters } from './services/streams.ts';
import type { ClusterMetrics } from './sources/kubernetes.ts';

export interface DestinationMetrics {
  readonly registry: Registry;
  readonly streams: StreamCounters;
  /** One change of the catalog. */
  readonly changed: (seconds: number) => void;
  readonly manifestProblems: Gauge;
  readonly cluster: ClusterMetrics;
  readonly statuses: StatusMetrics;
  readonly admission: AdmissionMetrics;
  /** Labels: `result` is `used` or `refused`. */
  readonly webhookCertificates: Counter<string>;
  readonly certificateFailures: Counter;
  /** Labels: `port`, `reason`. */
  readonly refusedConnections: Counter<string>;
}

export interface StatusMetrics {
  /** Labels: `kind`, and `result` as `StatusOutcome` or `failed`. */
  readonly writes: Counter<string>;
  /** Told where to look when metrics are read. */
  readonly observeLeading: (isLeading: () => boolean) => void;
}

/** What is read when the metrics are. */
export interface Observed {
  readonly objects: () => number;
  readonly watchedAnswers: () => number;
  readonly identity: ReadableCell<IdentityState>;
}

export const createMetrics = (version: string, observed: Observed): DestinationMetrics => {
  const registry = createPromRegistry('destination', version);
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []): Counter<string> =>
    new Counter({ name, help, labelNames, registers });
  const observe = (name: string, help: string, read: () => number): void => {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
  };
  observe('catalog_objects', 'Kubernetes objects known', observed.objects);
  observe('watched_answers', 'Different answers that streams are watching', observed.watchedAnswers);
  observe('identity_cert_refresh_count', 'Certificates received', () => observed.identity.value.refreshCount);
  observe(
    'identity_cert_expiration_timestamp_seconds',
    'End of the current certificate, Unix time',
    () => (observed.identity.value.notAfterMs ?? Number.NaN) / 1000,
  );
  const open = new Gauge({ name: 'grpc_streams', help: 'Open streams', labelNames: ['method'], registers });
  const messages = counter('grpc_messages_sent_total', 'Messages sent', ['method']);
  const refusals = counter('grpc_refused_total', 'Calls ended with a status', ['method', 'code']);
  const changes = new Histogram({
    name: 'catalog_change_seconds',
    help: 'Time the catalog takes for one change',
    buckets: [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1, 10],
    registers,
  });
  const kindLabels = ['group', 'kind'];
  const observeKinds = (name: string, help: string, valueOf: (state: KindState) => number): void => {
    const gauge: Gauge<string> = new Gauge({
      name,
      help,
      labelNames: kindLabels,
      registers,
      collect: () => {
        for (const state of kindStates()) {
          gauge.set({ group: state.kind.group, kind: state.kind.kind }, valueOf(state));
        }
      },
    });
  };
  let kindStates: () => readonly KindState[] = () => [];
  observeKinds('kubernetes_objects', 'Objects of the kind in the cluster', ({ objects }) => objects);
  observeKinds('kubernetes_synced', 'Whether the objects of the kind are known', ({ isSynced }) => (isSynced ? 1 : 0));
  observeKinds(
    'kubernetes_last_contact_age_seconds',
    'Time since the API server was last heard of',
    ({ staleMs }) => staleMs / 1000,
  );
  const watchErrors = counter('kubernetes_watch_errors_total', 'Lists and watches that failed', [
    ...kindLabels,
    'status',
  ]);
  const unreadable = counter('kubernetes_unreadable_objects_total', 'Objects that made no sense', kindLabels);
  return {
    registry,
    streams: {
      opened: (method) => open.inc({ method }),
      closed: (method) => open.dec({ method }),
      sent: (method) => messages.inc({ method }),
      refused: (method, code) => refusals.inc({ method, code }),
    },
    changed: (seconds) => changes.observe(seconds),
    manifestProblems: new Gauge({ name: 'manifest_problems', help: 'Mistakes in manifests', registers }),
    cluster: {
      observe: (states) => {
        kindStates = states;
      },
      failed: ({ group, kind }, status) => watchErrors.inc({ group, kind, status }),
      unreadable: ({ group, kind }) => unreadable.inc({ group, kind }),
    },
    statuses: {
      writes: counter('status_writes_total', 'Statuses of resources that were written, or not', ['kind', 'result']),
      observeLeading: (isLeading) =>
        observe('status_leader', 'Whether this replica writes statuses', () => (isLeading() ? 1 : 0)),
    },
    admission: createAdmissionMetrics(registry),
    webhookCertificates: counter('webhook_certificate_reloads_total', 'Certificates of the webhook that were found', [
      'result',
    ]),
    certificateFailures: counter('identity_cert_refresh_failures_total', 'Requests for a certificate that failed'),
    refusedConnections: counter('refused_connections_total', 'Connections that ended before a call', [
      'port',
      'reason',
    ]),
  };
};
