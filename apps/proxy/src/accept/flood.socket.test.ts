import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { InboundPolicy } from '@heddle/policy';
import { anybody, grant, httpPolicy, httpRoute } from '@heddle/policy/testing';
import { eventually, freePort, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { listenAnywhere, startTestProxy, type TestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.6';
const plane = new FakeControlPlane();
const disposals: (() => unknown)[] = [];
let port = 0;

beforeEach(async () => {
  await plane.start();
  port = await freePort(ip);
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

const start = async (detectTimeoutMs: number, environment: Record<string, string> = {}): Promise<TestProxy> => {
  const application = createServer((_request, response) => void response.end('served'));
  const appPort = await listenAnywhere(application);
  disposals.push(() => {
    application.closeAllConnections();
    return new Promise((resolve) => application.close(resolve));
  });
  const route = httpRoute('open', ['/*'], [grant('everybody', anybody)]);
  const policy: InboundPolicy = {
    ...httpPolicy([route]),
    protocol: { kind: 'detect', timeoutMs: detectTimeoutMs, routes: [route] },
  };
  plane.inbound.of(`authors:${port}`).set(policy);
  const inbound = new Map([[port, appPort]]);
  const proxy = await startTestProxy({ plane, account: 'authors', ip, inbound, environment });
  disposals.push(() => proxy.stop());
  await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
  return proxy;
};

const request = async (): Promise<string> => {
  const client = await RawClient.connect(port, { host: ip, timeoutMs: 10_000 });
  disposals.push(() => client[Symbol.asyncDispose]());
  await client.send('GET / HTTP/1.1\r\nHost: authors\r\nConnection: close\r\n\r\n');
  return (await client.untilEnd()).toString('latin1');
};

/** Connections that send nothing; each local address has ports enough for a part of them. */
const openIdle = async (count: number): Promise<Socket[]> => {
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += 200) {
    const batch = Array.from({ length: Math.min(200, count - opened) }, () => {
      const socket = connect({ port, host: ip });
      socket.on('error', () => {});
      return new Promise<Socket>((resolve) => socket.once('connect', () => resolve(socket)));
    });
    sockets.push(...(await Promise.all(batch)));
  }
  disposals.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
};

test('idle connections cost little, hinder nobody, and are ended when their time is over', async () => {
  await start(2000);
  await request();
  const before = process.memoryUsage.rss();
  const idle = await openIdle(2000);
  expect(await request()).toContain('served');
  // Both ends are in this process.
  expect((process.memoryUsage.rss() - before) / idle.length).toBeLessThan(40_000);
  for (const socket of idle) socket.resume();
  await eventually(() => expect(idle.filter((socket) => !socket.destroyed)).toHaveLength(0), { timeoutMs: 20_000 });
  expect(await request()).toContain('served');
});

test('connections beyond the limit are closed on arrival, and there is room again when others end', async () => {
  const proxy = await start(10_000, { HEDDLE_PROXY_INBOUND_MAX_CONNECTIONS: '10' });
  const idle = await openIdle(10);
  const refused = await RawClient.connect(port, { host: ip });
  disposals.push(() => refused[Symbol.asyncDispose]());
  expect((await refused.untilEnd()).length).toBe(0);
  expect(idle.filter((socket) => socket.destroyed)).toHaveLength(0);
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
  expect(text).toMatch(/^inbound_tcp_errors_total\{.*error="too many connections".*\} 1$/m);
  for (const socket of idle) socket.destroy();
  await eventually(async () => expect(await request()).toContain('served'));
});
