/**
 * Every metric this process exports besides those of the runtime. The first two are Linkerd's (features §2.1), without its
 * labels for the values of annotations, of which anybody could make as many as they like.
 */
import { type AdmissionMetrics, createAdmissionMetrics } from '@heddle/admission';
import type { KindState } from '@heddle/k8s';
import { Counter, createPromRegistry, Gauge, type Registry } from '@heddle/telemetry/prom';

export interface InjectorMetrics {
  readonly registry: Registry;
  readonly requests: Counter<'owner_kind' | 'namespace' | 'annotation_at'>;
  readonly responses: Counter<'owner_kind' | 'namespace' | 'annotation_at' | 'skip' | 'skip_reason'>;
  readonly refused: Counter<'owner_kind' | 'namespace'>;
  readonly admission: AdmissionMetrics;
  /** Labels: `what` is `certificate` or `install`, `result` is `used` or `refused`. */
  readonly reloads: Counter<'what' | 'result'>;
  readonly manifestProblems: Gauge;
  readonly watchErrors: Counter<'group' | 'kind' | 'status'>;
  readonly eventErrors: Counter<'status'>;
  /** Told where to look for the kinds' states when metrics are read. */
  readonly observeKinds: (states: () => readonly KindState[]) => void;
  /** Labels: `result` as `LookupResult`. */
  readonly lookups: Counter<'result'>;
}

export const createMetrics = (version: string): InjectorMetrics => {
  const registry = createPromRegistry('proxy_injector', version);
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  let kindStates: () => readonly KindState[] = () => [];
  const kindGauge = (name: string, help: string, valueOf: (state: KindState) => number): void => {
    const gauge: Gauge<'group' | 'kind'> = new Gauge({
      name,
      help,
      labelNames: ['group', 'kind'],
      registers,
      collect: () => {
        for (const state of kindStates()) {
          gauge.set({ group: state.kind.group, kind: state.kind.kind }, valueOf(state));
        }
      },
    });
  };
  kindGauge('kubernetes_synced', 'Whether the objects of the kind are known', ({ isSynced }) => (isSynced ? 1 : 0));
  kindGauge(
    'kubernetes_last_contact_age_seconds',
    'Time since the API server was last heard of',
    ({ staleMs }) => staleMs / 1000,
  );
  const subject = ['owner_kind', 'namespace', 'annotation_at'] as const;
  return {
    registry,
    requests: counter('proxy_inject_admission_requests_total', 'Pods to decide about', subject),
    responses: counter('proxy_inject_admission_responses_total', 'Decisions about pods', [
      ...subject,
      'skip',
      'skip_reason',
    ]),
    refused: counter('proxy_inject_refused_total', 'Pods that must not be made as they are', [
      'owner_kind',
      'namespace',
    ]),
    admission: createAdmissionMetrics(registry),
    reloads: counter('reloads_total', 'Files taken into use, or refused', ['what', 'result']),
    manifestProblems: new Gauge({ name: 'manifest_problems', help: 'Mistakes in manifests', registers }),
    watchErrors: counter('kubernetes_watch_errors_total', 'Lists and watches that failed', ['group', 'kind', 'status']),
    eventErrors: counter('kubernetes_event_errors_total', 'Events that could not be written', ['status']),
    observeKinds: (states) => {
      kindStates = states;
    },
    lookups: counter('namespace_lookups_total', 'Namespaces that the API server was asked about', ['result']),
  };
};
