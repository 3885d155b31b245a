/** What the admin port offers beside `/live` and `/ready` (wire §10.1). State changes are for loopback peers only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminHandler } from '@heddle/runtime';
import { type Logger, logLevels, type MetricRegistry, metricsHandler } from '@heddle/telemetry';

export interface AdminHandlerOptions {
  readonly registry: MetricRegistry;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the process gracefully; absent when `/shutdown` is not enabled. */
  readonly shutdown: (() => void) | undefined;
}

const maxBodyBytes = 1024;

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBodyBytes) break;
  }
  return text.trim();
};

const reply = (response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const logLevel = (log: Logger): AdminHandler => ({
  path: '/proxy-log-level',
  methods: ['GET', 'PUT'],
  access: 'loopback',
  handle: async (request, response) => {
    if (request.method === 'GET') return reply(response, 200, `${log.level}\n`);
    const wanted = await readBody(request);
    const level = logLevels.find((each) => each === wanted);
    if (level === undefined) return reply(response, 400, `unknown level; use one of ${logLevels.join(', ')}\n`);
    log.level = level;
    reply(response, 204, '');
  },
});

/** Secrets are files here, never variables; the trust anchors are public. */
const environment = (variables: Readonly<Record<string, string | undefined>>): AdminHandler => ({
  path: '/env.json',
  methods: ['GET'],
  access: 'loopback',
  handle: (request, response) => {
    const query = (request.url ?? '').split('?')[1] ?? '';
    if (query.includes('=')) return reply(response, 400, 'name variables as in ?A&B\n');
    const names = query === '' ? Object.keys(variables) : query.split('&').map(decodeURIComponent);
    const shown = Object.fromEntries(names.map((name) => [name, variables[name] ?? null]));
    reply(response, 200, `${JSON.stringify(shown)}\n`, 'application/json');
  },
});

const shutdownHandler = (shutdown: () => void): AdminHandler => ({
  path: '/shutdown',
  methods: ['POST'],
  access: 'loopback',
  handle: (_request, response) => {
    reply(response, 200, 'shutting down\n');
    shutdown();
  },
});

export const adminHandlers = (options: AdminHandlerOptions): readonly AdminHandler[] => [
  metricsHandler(options.registry),
  logLevel(options.log),
  environment(options.environment),
  ...(options.shutdown === undefined ? [] : [shutdownHandler(options.shutdown)]),
];
