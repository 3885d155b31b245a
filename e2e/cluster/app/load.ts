/**
 * `load URL... `: keeps asking until its standard input ends, on a few connections that stay open; then one line that
 * counts the answers. After each second a line says how many there were.
 */
import { Agent, get } from 'node:http';
import { say } from './say.ts';

const concurrency = 4;
const pauseMs = 10;

interface Counts {
  readonly statuses: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly pods: Record<string, number>;
  /** When something else than 200 came, and what; the first few. */
  readonly failures: string[];
}

export const load = async (urls: readonly string[]): Promise<void> => {
  const counts: Counts = { statuses: {}, errors: {}, pods: {}, failures: [] };
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const end = new AbortController();
  process.stdin.resume().once('end', () => {
    end.abort();
  });
  const progress = setInterval(() => say({ kind: 'progress', ...counts.statuses }), 1000);
  const worker = async (first: number): Promise<void> => {
    for (let turn = first; !end.signal.aborted; turn += 1) {
      await ask(urls[turn % urls.length] ?? '', agent, counts);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, index) => worker(index)));
  clearInterval(progress);
  agent.destroy();
  say({ kind: 'total', ...counts });
};

const ask = (url: string, agent: Agent, { statuses, errors, pods, failures }: Counts): Promise<void> =>
  new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const what = error.code ?? error.message;
      errors[what] = (errors[what] ?? 0) + 1;
      if (failures.length < 10) failures.push(`${new Date().toISOString()} ${url} ${what}`);
      resolve();
    };
    const request = get(url, { agent, timeout: 10_000 }, (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('error', failed);
      response.once('end', () => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status !== 200 && failures.length < 10) {
          failures.push(
            `${new Date().toISOString()} ${url} ${status} ${String(response.headers['l5d-proxy-error'] ?? '')}`,
          );
        }
        const pod = /"pod":"([^"]*)"/.exec(text)?.[1];
        if (pod !== undefined) pods[pod] = (pods[pod] ?? 0) + 1;
        resolve();
      });
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', failed);
  });
