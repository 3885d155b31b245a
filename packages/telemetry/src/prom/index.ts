/** Metrics of control-plane processes: the stock client, since nothing there is updated per proxied request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminHandler } from '@heddle/runtime';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/** A registry with the process's default metrics and `NAME_build_info`. */
export const createPromRegistry = (name: string, version: string): Registry => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: `${name}_build_info`,
    help: 'Version of this process',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return registry;
};

/** `/metrics` for the admin server. */
export const promHandler = (registry: Registry): AdminHandler => ({
  path: '/metrics',
  methods: ['GET'],
  access: 'scrape',
  handle: async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await registry.metrics();
    response.setHeader('content-type', registry.contentType);
    response.end(text);
  },
});
