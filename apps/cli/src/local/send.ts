/** One HTTP request on a connection of its own, its target sent as it is. */
import { request as httpRequest } from 'node:http';

export interface SentRequest {
  readonly method: string;
  readonly target: string;
  /** The header. */
  readonly hostHeader: string;
  /** The header by which the access log line is found. */
  readonly requestId: string;
  /** Where it is sent. */
  readonly host: string;
  readonly port: number;
  /** Source address; the system's choice when absent. */
  readonly localAddress?: string;
}

export type Answer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'closed'; readonly reason: string };

export const answerTimeoutMs = 10_000;

export const sendRequest = ({ target, hostHeader, requestId, ...way }: SentRequest): Promise<Answer> =>
  new Promise((resolve) => {
    const outgoing = httpRequest({
      ...way,
      path: target,
      headers: { host: hostHeader, 'x-request-id': requestId },
      agent: false,
      timeout: answerTimeoutMs,
    });
    outgoing.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve({ kind: 'status', status: response.statusCode ?? 0 }));
      response.once('error', (error) => resolve({ kind: 'closed', reason: error.message }));
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ kind: 'closed', reason: error.code ?? error.message }),
    );
    outgoing.end();
  });
