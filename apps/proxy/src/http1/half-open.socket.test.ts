/** Clients that have sent the end of their connection and may still read, or may be gone: only time tells. */
import { createServer } from 'node:net';
import { DeadlineSweeper } from '@heddle/runtime';
import { eventually, FakeClock, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Exchange } from '../http/exchange.ts';
import { defaultHttpLimits } from '../http/limits.ts';
import type { HttpService } from '../http/stream.ts';
import { Http1ServerConnection } from './server-connection.ts';
import { socketIo } from './testing/socket-io.ts';

const overdueMs = defaultHttpLimits.stalledTimeoutMs + 1000;
const disposals: (() => unknown)[] = [];
let clock = new FakeClock();
let exchanges: Exchange[] = [];
let port = 0;

/** Exchanges stay open until the test answers them. */
const service: HttpService = {
  handle: (exchange) => void exchanges.push(exchange),
  responded: () => {},
  failed: () => {},
  overdue: () => {},
  finished: () => {},
};

beforeEach(async () => {
  clock = new FakeClock();
  exchanges = [];
  const sweeper = new DeadlineSweeper(clock, 250);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    disposals.push(() => socket.destroy());
    const shared = { limits: defaultHttpLimits, clock, sweeper, batches: socketIo.batches };
    new Http1ServerConnection({ ...shared, socket, service, onClose: () => {} });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
  disposals.push(() => server.close());
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

/** Has sent a request that nobody has answered yet. */
const asking = async (): Promise<[RawClient, Exchange]> => {
  const client = await RawClient.connect(port, { timeoutMs: 5000 });
  disposals.push(() => client[Symbol.asyncDispose]());
  const before = exchanges.length;
  await client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await eventually(() => expect(exchanges).toHaveLength(before + 1));
  return [client, exchanges[before] as Exchange];
};

test('one that gets nothing is given up after a while, and one that only waits is not', async () => {
  const [waiting, waited] = await asking();
  const [halfClosed, stale] = await asking();
  halfClosed.end();
  await eventually(() => {
    clock.advance(overdueMs);
    expect(stale.isOpen).toBe(false);
  });
  await halfClosed.untilEnd();
  clock.advance(overdueMs);
  expect([waited.isOpen, waiting.isEnded]).toEqual([true, false]);
});

test('one whose answer moves is served to its end', async () => {
  const [client, exchange] = await asking();
  client.end();
  exchange.response.status = 200;
  exchange.response.hasBody = true;
  exchange.onResponseHead();
  for (const piece of ['one', 'two', 'three', 'four']) {
    exchange.onResponseData(Buffer.from(piece));
    await client.untilText(piece);
    clock.advance(overdueMs - 2000);
  }
  exchange.onResponseData(Buffer.from('done'));
  exchange.onResponseEnd(undefined);
  expect((await client.untilEnd()).toString('latin1')).toContain('done');
});
