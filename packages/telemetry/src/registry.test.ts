import { expect, test } from 'vitest';
import { MetricRegistry } from './registry.ts';

test('renders every kind in the text format, in the order of declaration', async () => {
  const registry = new MetricRegistry();
  const requests = registry.counter('request_total', 'Requests', ['direction', 'client_id']);
  const open = registry.gauge('tcp_open_connections', 'Open connections', []);
  const latency = registry.histogram('response_latency_ms', 'Latency', ['direction'], [1, 2.5]);
  registry.counter('never_used_total', 'Unused', []);
  requests.cell({ direction: 'inbound', client_id: 'a"b\\c\nd' }).add(2);
  requests.cell({ direction: 'inbound' }).add();
  open.cell({}).set(-1.5);
  for (const ms of [1, 1.1, 99]) latency.cell({ direction: 'inbound' }).observe(ms);
  expect(await registry.render()).toBe(`# HELP request_total Requests
# TYPE request_total counter
request_total{direction="inbound",client_id="a\\"b\\\\c\\nd"} 2
request_total{direction="inbound"} 1
# HELP tcp_open_connections Open connections
# TYPE tcp_open_connections gauge
tcp_open_connections -1.5
# HELP response_latency_ms Latency
# TYPE response_latency_ms histogram
response_latency_ms_bucket{direction="inbound",le="1"} 1
response_latency_ms_bucket{direction="inbound",le="2.5"} 2
response_latency_ms_bucket{direction="inbound",le="+Inf"} 3
response_latency_ms_sum{direction="inbound"} 101.1
response_latency_ms_count{direction="inbound"} 3
`);
});

test('the same label values are the same cell', () => {
  const family = new MetricRegistry().counter('x_total', 'X', ['a']);
  expect(family.cell({ a: '1' })).toBe(family.cell({ a: '1' }));
});

test('a name is declared once', () => {
  const registry = new MetricRegistry();
  registry.counter('x_total', 'X', []);
  expect(() => registry.gauge('x_total', 'X', [])).toThrow('declared twice');
});

test('rendering many series lets other work run in between', async () => {
  const registry = new MetricRegistry();
  const family = registry.counter('x_total', 'X', ['n']);
  for (let n = 0; n < 3000; n += 1) family.cell({ n: String(n) });
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const text = await registry.render();
  isDone = true;
  expect(turns).toBeGreaterThan(3);
  expect(text.match(/^x_total/gm)).toHaveLength(3000);
});

test('cells that nobody holds are forgotten after a while, held ones never', async () => {
  const registry = new MetricRegistry();
  const family = registry.counter('x_total', 'X', ['client']);
  const gone = family.lease({ client: 'gone' });
  const twice = family.lease({ client: 'twice' });
  const again = family.lease({ client: 'twice' });
  family.cell({ client: 'kept' });
  gone.end(1000);
  twice.end(1000);
  twice.end(1000);
  registry.forgetIdle(1000);
  expect(family.size).toBe(3);
  registry.forgetIdle(1001);
  expect(await registry.render()).not.toContain('gone');
  expect(family.size).toBe(2);
  again.end(2000);
  registry.forgetIdle(3000);
  expect(family.size).toBe(1);
});
