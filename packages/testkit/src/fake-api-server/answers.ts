/** What an API server answers: a value, or a Status that says why not. */
import type { ServerResponse } from 'node:http';

export interface Failure {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

/** The Status object of a failure, as answers and ERROR events carry it. */
export const statusObject = ({ status, reason = '', message = `fake ${status}` }: Failure): unknown => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  code: status,
});

export const expired: Failure = { status: 410, reason: 'Expired', message: 'too old resource version' };

export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

export const sendFailure = (response: ServerResponse, failure: Failure): void => {
  if (failure.retryAfterSeconds !== undefined) response.setHeader('retry-after', failure.retryAfterSeconds);
  sendJson(response, failure.status, statusObject(failure));
};
