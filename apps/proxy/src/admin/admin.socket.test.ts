import { request } from 'node:http';
import type { Socket } from 'node:net';
import { identityOf } from '@heddle/policy/testing';
import { eventually } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { connectMeshPeer } from '../testing/mesh-peer.ts';
import { startTestProxy, type TestProxy } from '../testing/test-proxy.ts';

const plane = new FakeControlPlane();
const ip = '127.9.0.5';
let proxy: TestProxy;

beforeEach(async () => {
  await plane.start();
  proxy = await startTestProxy({ plane, account: 'authors', ip, environment: { SECRET: 'no', GREETING: 'hello' } });
});
afterEach(async () => {
  await proxy.stop();
  await plane.stop();
});

test.each([
  ['GET', '/live', 200],
  ['GET', '/metrics', 200],
  ['GET', '/proxy-log-level', 200],
  ['GET', '/shutdown', 404],
  ['DELETE', '/proxy-log-level', 405],
])('%s %s -> %d', async (method, path, status) => {
  expect((await fetch(proxy.adminUrl + path, { method })).status).toBe(status);
});

test('the log level changes while the proxy runs', async () => {
  const url = `${proxy.adminUrl}/proxy-log-level`;
  expect((await fetch(url, { method: 'PUT', body: 'warn\n' })).status).toBe(204);
  expect(await (await fetch(url)).text()).toBe('warn\n');
  expect((await fetch(url, { method: 'PUT', body: 'loud' })).status).toBe(400);
});

test('the environment is shown by name', async () => {
  expect(await (await fetch(`${proxy.adminUrl}/env.json?GREETING&NOTHING`)).json()).toEqual({
    GREETING: 'hello',
    NOTHING: null,
  });
  expect((await fetch(`${proxy.adminUrl}/env.json?A=1`)).status).toBe(400);
});

test('a mesh identity reads the metrics over mesh TLS', async () => {
  await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
  const { socket } = await connectMeshPeer(
    { ...proxy, ip: '127.0.0.1' },
    { mill: plane.mill, identity: identityOf('prometheus'), alpn: [], port: Number(new URL(proxy.adminUrl).port) },
  );
  const status = await new Promise((resolve, reject) => {
    const sent = request({ path: '/metrics', createConnection: (): Socket => socket }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
  expect(status).toBe(200);
});
