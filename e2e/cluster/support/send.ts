/** Requests from inside a pod: they leave through its proxy, if it has one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from './kubectl.ts';

/** A container that has Node.js. */
export interface Sender {
  readonly namespace: string;
  /** `pod/NAME` or `deploy/NAME`. */
  readonly from: string;
  readonly container: string;
}

export interface SentRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** When there was no answer. */
  readonly error?: string;
}

const script = readFileSync(join(import.meta.dirname, 'send.cjs'), 'utf8');

/** One answer for each request, in order. */
export const send = async (sender: Sender, requests: readonly SentRequest[]): Promise<readonly Answer[]> => {
  const node = ['/usr/bin/node', '-e', script, JSON.stringify(requests)];
  const { namespace, from, container } = sender;
  const lines = await kubectl(['-n', namespace, 'exec', from, '-c', container, '--', ...node]);
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
};

/** The status, or the error, of one GET. */
export const get = async (sender: Sender, url: string): Promise<number | string> => {
  const [answer] = await send(sender, [{ url }]);
  return answer?.status ?? answer?.error ?? 'no answer';
};
