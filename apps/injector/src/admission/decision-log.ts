/** Tells of decisions about pods: events, as log lines that carry the owner, and metrics (features §2.1). */
import type { Logger } from '@heddle/telemetry';
import { formatSkipReasons } from '../inject/skip-reasons.ts';
import type { InjectorMetrics } from '../metrics.ts';
import type { PodDecision } from './admit.ts';

export const createDecisionLog =
  (log: Logger, metrics: InjectorMetrics): ((decision: PodDecision) => void) =>
  (decision) => {
    count(decision, metrics);
    const { outcome } = decision;
    const subject = {
      namespace: decision.namespace,
      pod: shorten(decision.pod.name),
      ...(decision.owner && { owner: `${shorten(decision.owner.kind)}/${shorten(decision.owner.name)}` }),
    };
    if (outcome.kind === 'inject') {
      log.info({ event: 'Injected', ...subject, warnings: outcome.warnings }, 'proxy injected');
    } else if (outcome.kind === 'skip') {
      const text = formatSkipReasons(outcome.reasons);
      log.info({ event: 'InjectionSkipped', ...subject, reasons: outcome.reasons }, `proxy injection skipped: ${text}`);
    } else {
      log.warn({ event: 'InjectionRefused', ...subject }, outcome.message);
    }
  };

const count = ({ owner, namespace, annotationAt, outcome }: PodDecision, metrics: InjectorMetrics): void => {
  const labels = { owner_kind: ownerKind(owner?.kind ?? ''), namespace, annotation_at: annotationAt };
  metrics.requests.inc(labels);
  const reasons = outcome.kind === 'skip' ? outcome.reasons.join(',') : '';
  metrics.responses.inc({ ...labels, skip: String(outcome.kind === 'skip'), skip_reason: reasons });
  if (outcome.kind === 'refuse') metrics.refused.inc({ owner_kind: labels.owner_kind, namespace });
};

const ownerKinds = new Set([
  'deployment',
  'replicaset',
  'replicationcontroller',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
  '',
]);

/** Anything may control pods, and say so under any name: a label must not grow with that. */
const ownerKind = (kind: string): string => (ownerKinds.has(kind.toLowerCase()) ? kind.toLowerCase() : 'other');

const maxNameChars = 253;
const shorten = (name: string): string => name.slice(0, maxNameChars);
