/**
 * The issuer in force, and the trust anchors it was validated against: loaded together, replaced together, or not at
 * all. A new pair that does not validate leaves the old one in force.
 *
 *   waiting --valid--> ready --valid, different--> ready (IssuerUpdated)
 *      \__invalid__/     \______invalid____________/ (IssuerValidationFailed, IssuerUpdateSkipped)
 */
import { readFile } from 'node:fs/promises';
import { type Authority, type Certificate, parseAuthority, parsePemBundle, validateIssuer } from '@heddle/pki';
import { type Clock, type ReadableCell, WatchCell } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { readIssuerFiles } from './issuer-files.ts';

export type IssuerState =
  | { readonly kind: 'waiting'; readonly reason: string }
  | {
      readonly kind: 'ready';
      readonly issuer: Authority;
      readonly trustAnchors: readonly Certificate[];
      /** The earliest end of issuer, intermediates and anchor: nothing is issued beyond it. */
      readonly notAfterMs: number;
    };

export interface IssuerSourceOptions {
  readonly issuerDir: string;
  readonly trustAnchorsFile: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A leaf's usual life: an issuer with less than this left is cutting leaves short, and its owner should know. */
  readonly issuanceLifetimeMs: number;
  readonly onOutcome: (outcome: IssuerOutcome) => void;
}

/** What became of files that changed. `note` says it to people. */
export interface IssuerOutcome {
  readonly kind: 'loaded' | 'updated' | 'skipped' | 'validation-failed';
  readonly note: string;
}

type Loaded =
  | { readonly kind: 'ok'; readonly text: string; readonly state: Extract<IssuerState, { kind: 'ready' }> }
  | {
      readonly kind: 'skipped' | 'validation-failed';
      /** Files as read; says whether this failure was told of before. */
      readonly text: string;
      readonly reason: string;
    };

export class IssuerSource {
  readonly #options: IssuerSourceOptions;
  readonly #cell = new WatchCell<IssuerState>({ kind: 'waiting', reason: 'the issuer was not read yet' });
  /** What the state in force was made from. */
  #currentText: string | undefined;
  #toldFailure: string | undefined;
  #toldEnding: string | undefined;

  constructor(options: IssuerSourceOptions) {
    this.#options = options;
  }

  get state(): ReadableCell<IssuerState> {
    return this.#cell;
  }

  /** Reads the files; replaces the state if they are new and good. */
  async read(): Promise<void> {
    const loaded = await this.#load();
    if (loaded.kind === 'ok') this.#accept(loaded);
    else this.#refuse(loaded);
    this.#warnOfTheEnd();
  }

  async #load(): Promise<Loaded> {
    const { issuerDir, trustAnchorsFile, clock } = this.#options;
    const [files, anchorsText] = await Promise.all([
      readIssuerFiles(issuerDir),
      readFile(trustAnchorsFile, 'utf8').catch((error: unknown) => ({ error })),
    ]);
    if (files.kind === 'invalid') return { kind: 'skipped', text: files.reason, reason: files.reason };
    if (typeof anchorsText !== 'string') {
      const reason = anchorsText.error instanceof Error ? anchorsText.error.message : String(anchorsText.error);
      return { kind: 'skipped', text: reason, reason: `trust anchors: ${reason}` };
    }
    const { certificatesPem, keyPem } = files.value;
    const text = [anchorsText, certificatesPem, keyPem].join('\0');
    const failed = (reason: string): Loaded => ({ kind: 'validation-failed', text, reason });
    const anchors = parsePemBundle(anchorsText);
    if (anchors.kind === 'invalid') return failed(`trust anchors in ${trustAnchorsFile}: ${anchors.reason}`);
    const authority = parseAuthority(certificatesPem, keyPem);
    if (authority.kind === 'invalid') return failed(authority.reason);
    const validation = validateIssuer(authority.value, anchors.value, clock.wallMs());
    if (validation.kind === 'invalid') return failed(validation.reasons.join('; '));
    const { value: issuer, notAfterMs } = validation;
    return { kind: 'ok', text, state: { kind: 'ready', issuer, trustAnchors: anchors.value, notAfterMs } };
  }

  #accept({ text, state }: Extract<Loaded, { kind: 'ok' }>): void {
    this.#toldFailure = undefined;
    if (text === this.#currentText) return;
    const kind = this.#currentText === undefined ? 'loaded' : 'updated';
    this.#currentText = text;
    const { certificate } = state.issuer;
    this.#options.log.info(
      {
        event: 'IssuerUpdated',
        issuer: certificate.subject,
        serial: certificate.serialHex,
        not_after: isoTime(state.notAfterMs),
        trust_anchors: state.trustAnchors.map(({ subject }) => subject),
      },
      'issuer loaded',
    );
    const note = `issuer ${certificate.subject}, serial number ${certificate.serialHex}, good until ${isoTime(state.notAfterMs)}`;
    this.#options.onOutcome({ kind, note });
    this.#cell.set(state);
  }

  /** Time is part of validity, so the same files are judged again on each reading, but told of only once. */
  #refuse({ kind, text, reason }: Exclude<Loaded, { kind: 'ok' }>): void {
    // The issuer in force has only grown old: `#warnOfTheEnd` says so.
    if (text === this.#currentText) return;
    const { value } = this.#cell;
    if (value.kind === 'waiting') this.#cell.set({ kind: 'waiting', reason });
    if (text === this.#toldFailure) return;
    this.#toldFailure = text;
    const event = kind === 'skipped' ? 'IssuerUpdateSkipped' : 'IssuerValidationFailed';
    const keeping = value.kind === 'ready' ? value.issuer.certificate.subject : 'none';
    this.#options.log.error({ event, reason, keeping }, 'issuer not loaded');
    this.#options.onOutcome({ kind, note: `${reason}; still in use: ${keeping}` });
  }

  #warnOfTheEnd(): void {
    const { value } = this.#cell;
    if (value.kind !== 'ready') return;
    const leftMs = value.notAfterMs - this.#options.clock.wallMs();
    const stage = leftMs <= 0 ? 'expired' : leftMs < this.#options.issuanceLifetimeMs ? 'ending' : 'good';
    const told = `${value.issuer.certificate.fingerprint} ${stage}`;
    if (stage === 'good' || told === this.#toldEnding) return;
    this.#toldEnding = told;
    const facts = { issuer: value.issuer.certificate.subject, not_after: isoTime(value.notAfterMs) };
    if (stage === 'expired')
      this.#options.log.error(facts, 'the issuer has expired: no certificate can be issued; renew it');
    else this.#options.log.warn(facts, 'the issuer ends soon: certificates are cut short; renew it');
  }
}

const isoTime = (ms: number): string => new Date(ms).toISOString();
