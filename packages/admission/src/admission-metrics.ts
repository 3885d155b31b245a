/** The metrics of a webhook. */
import { Counter, Histogram, type Registry } from '@heddle/telemetry/prom';

export interface AdmissionMetrics {
  readonly reviews: Counter<'kind' | 'result'>;
  readonly reviewSeconds: Histogram;
  readonly handshakeFailures: Counter;
}

export const createAdmissionMetrics = (registry: Registry): AdmissionMetrics => {
  const registers = [registry];
  return {
    reviews: new Counter({
      name: 'admission_reviews_total',
      help: 'Reviews answered',
      labelNames: ['kind', 'result'],
      registers,
    }),
    reviewSeconds: new Histogram({
      name: 'admission_review_duration_seconds',
      help: 'Time from the head of a request to its answer',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1, 10],
      registers,
    }),
    handshakeFailures: new Counter({
      name: 'webhook_handshake_failures_total',
      help: 'TLS handshakes that did not succeed',
      registers,
    }),
  };
};
