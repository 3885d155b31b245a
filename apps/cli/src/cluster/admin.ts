/** Asks the admin port of a pod: it answers loopback, which is where a forwarded port comes out. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiError, noAnswer, type PodPort } from '@heddle/k8s';
import type { Cluster } from './cluster.ts';

const timeoutMs = 10_000;

/** The body of the answer to a GET. @throws {ApiError} */
export const readAdmin = async (cluster: Pick<Cluster, 'forward'>, target: PodPort, path: string): Promise<string> => {
  const stream = await cluster.forward(target);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const failed = (reason: string): void => {
    const where = `port ${target.port} of pod ${target.namespace}/${target.pod}`;
    reject(new ApiError(`GET ${path} of ${where}: ${reason}`, { status: noAnswer }));
  };
  const asked = request({
    host: 'localhost',
    path,
    createConnection: () => stream,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { connection: 'close' },
  });
  asked.on('error', (error) => (error instanceof ApiError ? reject(error) : failed(error.message)));
  asked.on('response', (response) => {
    text(response).then(
      (body) =>
        response.statusCode === 200 ? resolve(body) : failed(`answered ${response.statusCode} ${body.trim()}`),
      (error: unknown) => failed(String(error)),
    );
  });
  asked.end();
  try {
    return await promise;
  } finally {
    stream.destroy();
  }
};
