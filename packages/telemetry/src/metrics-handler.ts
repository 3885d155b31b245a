/** `/metrics` for the admin server: written piece by piece, gzip when the scraper takes it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { AdminHandler } from '@heddle/runtime';
import type { MetricRegistry } from './registry.ts';

const acceptsGzip = (request: IncomingMessage): boolean =>
  /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/.test(request.headers['accept-encoding'] ?? '');

export const metricsHandler = (registry: MetricRegistry): AdminHandler => ({
  path: '/metrics',
  methods: ['GET', 'HEAD'],
  access: 'scrape',
  handle: async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    let out: Writable = response;
    if (acceptsGzip(request)) {
      response.setHeader('content-encoding', 'gzip');
      out = createGzip();
      out.pipe(response);
    }
    await registry.write((text) => out.write(text));
    out.end();
  },
});
