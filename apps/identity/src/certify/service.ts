/** `io.linkerd.proxy.identity.Identity/Certify` (wire section 2.1): messages in and out, limits, counts, log lines. */
import { type BoundService, createMessage, identityApi, RpcError, serveWith, timestampFromMs } from '@heddle/api';
import { type Logger, Sampler } from '@heddle/telemetry';
import { type CertifyDeps, type CertifyOutcome, type CertifyRequest, certify } from './certify.ts';
import { PeerSlots } from './peer-slots.ts';
import { refusals, refuse } from './refusal.ts';

export interface CertifyServiceOptions extends CertifyDeps {
  readonly log: Logger;
  readonly onResult: (result: string, seconds: number) => void;
  readonly onIssued: (issued: Extract<CertifyOutcome, { kind: 'issued' }>) => void;
}

/** Signing is done on the one thread there is, so more at a time gains nothing; a whole node's pods may wait. */
const slotsPerPeer = { running: 8, waiting: 512 };

/** Refusals are counted exactly and logged up to this rate, so that nobody can fill the log. */
const refusedLinesPerSecond = 10;

export const certifyService = (options: CertifyServiceOptions): BoundService => {
  const slots = new PeerSlots(slotsPerPeer);
  const logOutcome = outcomeLogger(options);
  return serveWith(identityApi.Identity, {
    certify: async (message, { peerIp, signal }) => {
      const request = { identity: message.identity, token: message.token, csr: message.certificateSigningRequest };
      const startedMs = options.clock.nowMs();
      let result = 'internal';
      try {
        const outcome =
          (await slots.run(peerIp, () => certifyUnlessGone(request, options, signal))) ??
          refuse('overloaded', 'too many requests from this address wait already; try again later');
        result = outcome.kind === 'issued' ? 'issued' : outcome.reason;
        logOutcome(request, peerIp, outcome);
        if (outcome.kind === 'issued') options.onIssued(outcome);
        return responseFrom(outcome);
      } finally {
        options.onResult(result, (options.clock.nowMs() - startedMs) / 1000);
      }
    },
  });
};

/** A caller that went away while it waited needs no certificate. */
const certifyUnlessGone = (
  request: CertifyRequest,
  deps: CertifyDeps,
  signal: AbortSignal,
): Promise<CertifyOutcome> => {
  if (signal.aborted) throw new RpcError('cancelled', 'the caller went away');
  return certify(request, deps);
};

const outcomeLogger = ({ log, clock }: CertifyServiceOptions) => {
  const refusedLines = new Sampler(refusedLinesPerSecond);
  return ({ identity }: CertifyRequest, peer: string, outcome: CertifyOutcome): void => {
    if (outcome.kind === 'issued') {
      const { notAfterMs, serialHex: serial } = outcome.leaf.certificate;
      const facts = { identity: outcome.identity, peer, serial, not_after: new Date(notAfterMs).toISOString() };
      log.info({ event: 'IssuedLeafCertificate', ...facts }, 'certificate issued');
      return;
    }
    const suppressed = refusedLines.take(clock.nowMs());
    if (suppressed < 0) return;
    const { reason, detail } = outcome;
    log.warn({ identity: identity.slice(0, 256), peer, reason, detail, suppressed }, 'certificate refused');
  };
};

const responseFrom = (outcome: CertifyOutcome) => {
  if (outcome.kind === 'refused') throw new RpcError(refusals[outcome.reason].status, outcome.detail);
  const { certificate, intermediates } = outcome.leaf;
  return createMessage(identityApi.CertifyResponseSchema, {
    leafCertificate: certificate.der,
    intermediateCertificates: intermediates.map(({ der }) => der),
    validUntil: timestampFromMs(certificate.notAfterMs),
  });
};
