/** What the three booksapp services share: where to listen, JSON answers, and reading JSON from one another. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType: 'application/json' | 'text/html; charset=utf-8' | 'text/plain; charset=utf-8';
}

export type Handler = (method: string, path: string, body: string) => Answer | Promise<Answer>;

const maxBodyBytes = 64 * 1024;

export const json = (status: number, value: unknown): Answer => ({
  status,
  body: `${JSON.stringify(value)}\n`,
  contentType: 'application/json',
});

export const notFound = (path: string): Answer => json(404, { error: `nothing at ${path}` });

/** Serves `handler` on `LISTEN` (`ip:port`), or on all addresses at `defaultPort`, until SIGTERM. */
export const serve = (name: string, defaultPort: number, handler: Handler): Server => {
  const server = createServer((request, response) => {
    void answer(handler, request, response);
  });
  const { host, port } = listenAddress(process.env['LISTEN'], defaultPort);
  server.listen(port, host, () => process.stdout.write(`${name} listens on ${host}:${port}\n`));
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
  });
  return server;
};

const listenAddress = (text: string | undefined, defaultPort: number): { host: string; port: number } => {
  if (text === undefined || text === '') return { host: '0.0.0.0', port: defaultPort };
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port)) throw new Error(`LISTEN must be address:port, not "${text}"`);
  return { host: text.slice(0, colon), port };
};

const answer = async (handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let result: Answer;
  try {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    result =
      path === '/healthz'
        ? json(200, { ok: true })
        : await handler(request.method ?? 'GET', path, await bodyOf(request));
  } catch (error) {
    result = json(502, { error: error instanceof Error ? error.message : String(error) });
  }
  const length = Buffer.byteLength(result.body);
  response.writeHead(result.status, { 'content-type': result.contentType, 'content-length': length });
  response.end(request.method === 'HEAD' ? undefined : result.body);
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBodyBytes) throw new Error(`a body may have ${maxBodyBytes} bytes at most`);
  }
  return body;
};

/** GETs JSON from another service. Throws with the status when the answer is not 200. */
export const fetchJson = async <T>(baseUrl: string, path: string): Promise<T> => {
  const response = await fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
};
