/** Every metric this process exports besides those of the runtime. Times in seconds; names as in features section 2.3. */
import type { Clock, ReadableCell } from '@heddle/runtime';
import { Counter, createPromRegistry, Gauge, Histogram, type Registry } from '@heddle/telemetry/prom';
import type { IssuerState } from './issuer/issuer-source.ts';

export interface IdentityMetrics {
  readonly registry: Registry;
  /** Labels: `result` is `issued` or a refusal reason. */
  readonly certifies: Counter<'result'>;
  readonly certifySeconds: Histogram;
  readonly issuerUpdates: Counter;
  readonly issuerUpdatesSkipped: Counter;
  readonly issuerValidationFailures: Counter;
  readonly tokenKeys: Gauge;
  readonly tokenKeyFailures: Counter;
  readonly refusedConnections: Counter<'reason'>;
  readonly eventErrors: Counter<'status'>;
}

export const createMetrics = (version: string, issuer: ReadableCell<IssuerState>, clock: Clock): IdentityMetrics => {
  const registry = createPromRegistry('identity', version);
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  const secondsLeft = (notAfterMs: number): number => (notAfterMs - clock.wallMs()) / 1000;
  const ttl = (name: string, help: string, notAfterMsOf: (state: ReadyState) => number): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => gauge.set(issuer.value.kind === 'ready' ? secondsLeft(notAfterMsOf(issuer.value)) : Number.NaN),
    });
  };
  ttl(
    'issuer_cert_ttl_seconds',
    'Time until the issuer certificate ends',
    (state) => state.issuer.certificate.notAfterMs,
  );
  ttl('trust_anchor_cert_ttl_seconds', 'Time until the first trust anchor ends', ({ trustAnchors }) =>
    Math.min(...trustAnchors.map(({ notAfterMs }) => notAfterMs)),
  );
  return {
    registry,
    certifies: counter('certify_total', 'Certify calls by result', ['result']),
    certifySeconds: new Histogram({
      name: 'certify_duration_seconds',
      help: 'Time from request to answer of Certify calls',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    issuerUpdates: counter('issuer_updated_total', 'Issuers and trust bundles taken into use'),
    issuerUpdatesSkipped: counter('issuer_update_skipped_total', 'Issuers or trust bundles that could not be read'),
    issuerValidationFailures: counter('issuer_validation_failed_total', 'Issuers or trust bundles that were refused'),
    tokenKeys: new Gauge({ name: 'token_keys', help: 'Keys that verify tokens', registers }),
    tokenKeyFailures: counter('token_keys_load_failed_total', 'Key sets that could not be read or were malformed'),
    eventErrors: counter('kubernetes_event_errors_total', 'Events that could not be written', ['status']),
    refusedConnections: counter('refused_connections_total', 'Connections that ended before a call', ['reason']),
  };
};

type ReadyState = Extract<IssuerState, { kind: 'ready' }>;
