/** Two whole proxies: the application's HTTP/1 crosses as HTTP/2 over mesh TLS and arrives as what it was. */
import { randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { anybody, grant, httpPolicy, identityOf } from '@heddle/policy/testing';
import { eventually, freePort } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { startTestProxy, type TestProxy } from '../testing/test-proxy.ts';
import { meshed, servicePolicy } from './testing/policies.ts';

const serverIp = '127.10.0.4';
const clientIp = '127.10.0.5';
const target = '10.96.0.12:80';
const path = 'authors.shop.svc.cluster.local:80';
const plane = new FakeControlPlane();
const disposals: (() => unknown)[] = [];

beforeEach(() => plane.start());
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

const started = async (proxy: Promise<TestProxy>): Promise<TestProxy> => {
  const made = await proxy;
  disposals.push(() => made.stop());
  await eventually(async () => expect((await fetch(`${made.adminUrl}/ready`)).status).toBe(200));
  return made;
};

const startPair = async (application: Server): Promise<TestProxy> => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  disposals.push(() => application.close());
  const port = await freePort(serverIp);
  plane.inbound.of(`authors:${port}`).set(httpPolicy([], [grant('all', anybody)]));
  const inbound = new Map([[port, (application.address() as AddressInfo).port]]);
  const server = await started(startTestProxy({ plane, account: 'authors', ip: serverIp, inbound }));
  plane.profiles.of(target).set({ isOpaque: false });
  plane.outbound.of(target).set(servicePolicy(path));
  const endpoints = [meshed(`${serverIp}:${port}`, identityOf('authors'), server.inboundPort)];
  plane.endpoints.of(path).set({ kind: 'add', labels: { service: 'authors', namespace: 'shop' }, endpoints });
  return started(startTestProxy({ plane, account: 'web', ip: clientIp, targets: [target] }));
};

const get = (proxy: TestProxy, url: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const port = proxy.outboundPorts.get(target);
    const sent = request({ host: proxy.ip, port, path: url, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });

test('a request crosses the mesh, and the server learns who asked', async () => {
  const client = await startPair(
    createServer(({ headers, httpVersion, url }, response) => {
      response.end(`${httpVersion} ${url} ${String(headers['l5d-client-id'])} ${String(headers['l5d-orig-proto'])}`);
    }),
  );
  expect(await get(client, '/authors.json')).toEqual({
    status: 200,
    body: `1.1 /authors.json ${identityOf('web')} undefined`,
  });
  const metrics = await (await fetch(`${client.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/request_total\{direction="outbound".*server_id="authors\.shop.*dst_service="authors".*\} 1/);
});

/** Sends a body in pieces and reads the answer with pauses. */
const echoed = (proxy: TestProxy, body: Buffer, pieceBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const port = proxy.outboundPorts.get(target);
    const sent = request({ host: proxy.ip, port, path: '/echo', method: 'POST', agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (chunks.length % 7 === 0) {
          response.pause();
          setImmediate(() => response.resume());
        }
      });
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    sent.on('error', reject);
    for (let at = 0; at < body.length; at += pieceBytes) sent.write(body.subarray(at, at + pieceBytes));
    sent.end();
  });

test('bodies of every size cross unchanged, many at a time', async () => {
  const client = await startPair(createServer((incoming, response) => void incoming.pipe(response)));
  const sizes = [1, 100, 4095, 4096, 16_375, 16_384, 65_536, 1_000_003, 3_000_001];
  const bodies = sizes.map((size) => randomBytes(size));
  const answers = await Promise.all(bodies.map((body, index) => echoed(client, body, 1000 + index * 9973)));
  for (const [index, answer] of answers.entries()) expect(answer.equals(bodies[index] as Buffer)).toBe(true);
});
