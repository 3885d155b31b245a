/** A webhook as a process runs it: the port, the certificate that is followed, and the one function that decides. */
import type { Clock } from '@heddle/runtime';
import { watchFiles } from '@heddle/runtime/files';
import type { Logger } from '@heddle/telemetry';
import type { AdmissionMetrics } from '../admission-metrics.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../review/review.ts';
import { answerWebhook } from './answer-webhook.ts';
import { CertificateFiles, certificatePaths } from './certificate-files.ts';
import { defaultBodyLimits, RequestBodies } from './request-body.ts';
import { WebhookServer } from './webhook-server.ts';

export interface AdmissionServerOptions {
  readonly host: string;
  readonly port: number;
  /** Holds tls.crt and tls.key. */
  readonly certificateDir: string;
  readonly admit: (request: AdmissionRequest) => Promise<AdmissionAnswer> | AdmissionAnswer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: AdmissionMetrics;
  /** Kinds of objects that are counted by their name; the name of anything else is whatever somebody sent. */
  readonly kinds: readonly string[];
  readonly onCertificate: (isUsed: boolean) => void;
}

/** A missed notification delays a new certificate by no more than this. */
const pollMs = 5_000;

export class AdmissionServer {
  readonly #options: AdmissionServerOptions;
  readonly #server: WebhookServer;
  readonly #certificate: CertificateFiles;
  readonly #bodies = new RequestBodies(defaultBodyLimits);

  constructor(options: AdmissionServerOptions) {
    this.#options = options;
    const { certificateDir, log, clock } = options;
    this.#server = new WebhookServer({
      host: options.host,
      port: options.port,
      answer: (request, response) => {
        const startMs = clock.nowMs();
        return answerWebhook(request, response, {
          bodies: this.#bodies,
          admit: async (review) => options.admit(review),
          onFault: (error) => log.error({ err: error }, 'a review failed'),
          onAnswer: (kind, answer) => this.#count(kind, answer, clock.nowMs() - startMs),
        });
      },
      onHandshakeError: (error) => {
        options.metrics.handshakeFailures.inc();
        log.debug({ reason: error.message }, 'TLS handshake failed');
      },
    });
    this.#certificate = new CertificateFiles({
      dir: certificateDir,
      log,
      use: (certificatePem, keyPem) => this.#server.setCertificate(certificatePem, keyPem),
      onResult: options.onCertificate,
    });
  }

  /** Whether handshakes can succeed. */
  get hasCertificate(): boolean {
    return this.#certificate.isLoaded;
  }

  /** Opens the port. Rejects when it cannot be opened. */
  listen(): Promise<number> {
    return this.#server.listen();
  }

  /** Takes certificates into use as they are written, until `signal` aborts. */
  followCertificate(signal: AbortSignal): Promise<void> {
    const { certificateDir, clock } = this.#options;
    return watchFiles({
      paths: certificatePaths(certificateDir),
      clock,
      pollMs,
      signal,
      read: () => this.#certificate.read(),
    });
  }

  #count(kind: string, answer: AdmissionAnswer, durationMs: number): void {
    const { metrics, kinds } = this.#options;
    metrics.reviews.inc({
      kind: kinds.includes(kind) ? kind : 'other',
      result: answer.kind === 'allow' ? 'allowed' : `refused-${answer.code}`,
    });
    metrics.reviewSeconds.observe(durationMs / 1000);
  }

  /** Lets reviews finish for up to `graceMs`, then ends everything. */
  close(graceMs: number): Promise<void> {
    return this.#server.close(graceMs);
  }
}
