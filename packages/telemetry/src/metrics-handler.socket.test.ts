import { AdminServer } from '@heddle/runtime';
import { afterEach, expect, test } from 'vitest';
import { metricsHandler } from './metrics-handler.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { createPromRegistry, promHandler } from './prom/index.ts';
import { MetricRegistry } from './registry.ts';

let admin: AdminServer | undefined;
afterEach(() => admin?.close());

const cellRegistry = (): MetricRegistry => {
  const registry = new MetricRegistry();
  addProcessMetrics(registry, 'heddle', '1.2.3');
  return registry;
};

test.each([
  ['cells', metricsHandler(cellRegistry()), 'identity'],
  ['cells', metricsHandler(cellRegistry()), 'gzip'],
  ['prom-client', promHandler(createPromRegistry('heddle', '1.2.3')), 'identity'],
])('%s answer a scrape (%s)', async (_kind, handler, encoding) => {
  admin = new AdminServer({ host: '127.0.0.1', port: 0, notReady: () => [], handlers: [handler] });
  const { port } = await admin.listen();
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { 'accept-encoding': encoding } });
  expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding);
  const text = await response.text();
  expect(text).toContain('heddle_build_info{version="1.2.3"} 1\n');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});
