/** What a decoder makes of an input, as a value: for tests, properties and fuzzing. */
import { Http1Event } from './event.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import { RequestDecoder } from './request-decoder.ts';
import type { ResponseDecoder } from './response-decoder.ts';

/** One thing a decoder found. Adjacent body (or tunnel) events are one, since splits may cut them anywhere. */
export type Finding =
  | { readonly event: 'head' | 'interim'; readonly head: Readonly<Record<string, unknown>> }
  | { readonly event: 'body' | 'tunnel'; readonly data: string }
  | { readonly event: 'trailers'; readonly fields: [string, string][] }
  | { readonly event: 'end' | 'closed' | 'needMore' }
  | { readonly event: 'error'; readonly code: string };

/** The octets cut at these offsets. */
export const split = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const offsets = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted((a, b) => a - b);
  return offsets.map((offset, i) => bytes.subarray(offsets[i - 1] ?? 0, offset));
};

/**
 * Feeds a decoder chunk by chunk, pulling all there is after each, then ends the input. A held connection is resumed as
 * HTTP after a request with a body and becomes a tunnel otherwise, so that both ways are taken.
 */
export const findings = (decoder: RequestDecoder | ResponseDecoder, chunks: readonly Buffer[]): Finding[] => {
  const all: Finding[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    pull(decoder, all);
  }
  decoder.finish();
  pull(decoder, all);
  return all;
};

/** As `findings`, but pulls only so many events after each chunk, in memory that is written over afterwards. */
export const findingsOfLent = (
  decoder: RequestDecoder | ResponseDecoder,
  chunks: readonly Buffer[],
  pulls: readonly number[],
): Finding[] => {
  const all: Finding[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const lent = Buffer.from(chunk);
    decoder.push(lent);
    pull(decoder, all, pulls[index] ?? 0);
    decoder.keepPending();
    lent.fill('!');
  }
  decoder.finish();
  pull(decoder, all);
  return all;
};

const pull = (decoder: RequestDecoder | ResponseDecoder, all: Finding[], most = Number.POSITIVE_INFINITY): void => {
  for (let pulled = 0; pulled < most; pulled += 1) {
    const event = decoder.next();
    if (event === Http1Event.needMore) return;
    const last = all.at(-1);
    if (event === Http1Event.closed || event === Http1Event.error) {
      if (last?.event !== 'closed' && last?.event !== 'error') all.push(describe(decoder, event));
      return;
    }
    const found = describe(decoder, event);
    const continues = (found.event === 'body' || found.event === 'tunnel') && last?.event === found.event;
    if (continues) all[all.length - 1] = { event: found.event, data: last.data + found.data };
    else all.push(found);
    if (event === Http1Event.end && decoder instanceof RequestDecoder) {
      if (decoder.head.bodyLength >= 0) decoder.resume();
      else decoder.startTunnel();
    }
  }
};

const describe = (decoder: RequestDecoder | ResponseDecoder, event: Http1Event): Finding => {
  if (event === Http1Event.head || event === Http1Event.interim) {
    return { event: event === Http1Event.head ? 'head' : 'interim', head: headValue(decoder.head) };
  }
  if (event === Http1Event.body || event === Http1Event.tunnel) {
    return { event: event === Http1Event.body ? 'body' : 'tunnel', data: decoder.data.toString('latin1') };
  }
  if (event === Http1Event.trailers) return { event: 'trailers', fields: decoder.trailers.toArray() };
  if (event === Http1Event.error) return { event: 'error', code: decoder.error?.code ?? 'none' };
  return { event: event === Http1Event.end ? 'end' : 'closed' };
};

const headValue = (head: RequestHead | ResponseHead): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(head)),
  headers: head.headers.toArray(),
  nominated: [...head.nominated],
});

/** The complete requests among the findings, each as `METHOD target body-octets`, and the error if there is one. */
export const summary = (found: readonly Finding[]): { requests: string[]; error?: string } => {
  const requests: string[] = [];
  let start = '';
  let octets = 0;
  for (const finding of found) {
    if (finding.event === 'head') {
      start = `${String(finding.head['method'])} ${String(finding.head['target'])}`;
      octets = 0;
    }
    if (finding.event === 'body') octets += finding.data.length;
    if (finding.event === 'end') requests.push(`${start} ${octets}`);
    if (finding.event === 'error') return { requests, error: finding.code };
  }
  return { requests };
};
