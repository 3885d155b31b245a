/** The file of trust anchors: read at the start, looked at again every few seconds, taken over live when it is good. */
import { readFile } from 'node:fs/promises';
import { bundleDigest, type Certificate, parsePemBundle } from '@heddle/pki';
import { type Clock, sleep } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { CredentialCell } from '@heddle/transport';

/** @throws when the file cannot be read or holds anything but certificates */
export const readTrustAnchors = async (file: string): Promise<readonly Certificate[]> => {
  const anchors = parsePemBundle(await readFile(file, 'utf8'));
  if (anchors.kind === 'ok') return anchors.value;
  throw new Error(`${file} is not a bundle of trust anchors: ${anchors.reason}`);
};

export interface FollowOptions {
  readonly file: string;
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const pollMs = 5_000;

/** Keeps the credentials' anchors those of the file until `signal` aborts. A bad file is reported and changes nothing. */
export const followTrustAnchors = async ({ file, credentials, clock, log, signal }: FollowOptions): Promise<void> => {
  let reported = '';
  while (!signal.aborted) {
    await sleep(clock, pollMs, signal);
    try {
      const anchors = await readTrustAnchors(file);
      if (bundleDigest(anchors) !== bundleDigest(credentials.value.trustAnchors)) {
        credentials.setTrustAnchors(anchors);
        log.info({ file, anchors: anchors.length }, 'trust anchors changed');
      }
      reported = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== reported) log.error({ file, reason: message }, 'trust anchors stay as they were');
      reported = message;
    }
  }
};
