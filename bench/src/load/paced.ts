/**
 * Latency at a fixed rate over kept-alive connections. The generator sleeps between sends: one that spins would take a
 * core from the proxies it measures.
 */
import { Agent, request } from 'node:http';
import { createHistogram } from 'node:perf_hooks';

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Requests go out on schedule, whether or not earlier ones were answered, so that a stall is seen by all it delays. Each
 * is timed from when it was sent.
 */
export const measureLatency = async (url: string, perSecond: number, seconds: number): Promise<Latency> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const histogram = createHistogram({ lowest: 1, highest: 10_000_000_000, figures: 3 });
  const total = perSecond * seconds;
  const warmUp = perSecond;
  const startNs = process.hrtime.bigint();
  const intervalNs = BigInt(Math.round(1e9 / perSecond));
  let sent = 0;
  let done = 0;
  await new Promise<void>((resolve, reject) => {
    const send = (index: number): void => {
      const sentNs = process.hrtime.bigint();
      const id = index.toString(16).padStart(32, '0');
      const outgoing = request(
        new URL(`/items/${index}`, url),
        { agent, headers: { traceparent: `00-${id}-${id.slice(16)}-01`, cookie: `session=${id}` } },
        (response) => {
          response.resume();
          response.once('end', () => {
            if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
            if (index >= warmUp) histogram.record(process.hrtime.bigint() - sentNs);
            done += 1;
            if (done === total) resolve();
          });
        },
      );
      outgoing.once('error', reject);
      outgoing.end();
    };
    const tick = (): void => {
      const dueCount = Math.min(total, Number((process.hrtime.bigint() - startNs) / intervalNs));
      while (sent < dueCount) send(sent++);
      if (sent < total) setTimeout(tick, 1);
    };
    tick();
  });
  agent.destroy();
  return { p50Ms: histogram.percentile(50) / 1e6, p99Ms: histogram.percentile(99) / 1e6 };
};
