/** Certificates end and are renewed, anchors are dropped, the process stops: requests are not lost by it. */
import { identityOf } from '@heddle/policy/testing';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutboundUnderTest } from '../testing/outbound-under-test.ts';
import { behindProxy, Scene, serverIdentity, soonFailfast } from '../testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

const web = identityOf('web');
/** The mill's certificates end so much later than their lifetime says. */
const millSkewMs = 60_000;

/** A certificate that ends in `lifetimeMs`. */
const shortLived = (identity: string, lifetimeMs: number) =>
  scene.plane.mill.leaf(identity, { lifetimeMs, nowMs: Date.now() - millSkewMs });

/** Requests, one after the other, until `isDone`; fails with the first that is not answered with 200. */
const keepAsking = async (outbound: OutboundUnderTest, isDone: () => boolean): Promise<void> => {
  while (!isDone()) expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 200 /);
};

test('our certificate ends: connections made with it are replaced before, without losing a request', async () => {
  const server = await scene.meshServer({ onRequest: (_request, response) => void response.end('ok') });
  scene.setEndpoints(behindProxy(server));
  const credentials = new CredentialCell(scene.plane.mill.trustAnchors, shortLived(web, 1500));
  const outbound = await scene.outbound({ deps: { credentials } });
  await scene.get(outbound);
  credentials.setCredentials(scene.plane.mill.leaf(web));
  expect(await scene.get(outbound)).toContain('ok');
  expect(server.accepted).toBe(1);
  await keepAsking(outbound, () => server.accepted === 2);
  await eventually(() => expect(server.open).toBe(1));
});

test("the server's certificate ends: the same", async () => {
  const credentials = new CredentialCell(scene.plane.mill.trustAnchors, shortLived(serverIdentity, 1200));
  const server = await scene.server({
    credentials,
    onRequest: (_request, response) => void setTimeout(() => response.end('ok'), 5),
  });
  scene.setEndpoints(behindProxy(server));
  const outbound = await scene.outbound();
  await scene.get(outbound);
  credentials.setCredentials(scene.plane.mill.leaf(serverIdentity));
  await keepAsking(outbound, () => server.accepted === 2);
  await eventually(() => expect(server.open).toBe(1));
});

test('a trust anchor is dropped: what was accepted under it is used no more', async () => {
  const server = await scene.meshServer({ onRequest: (_request, response) => void response.end('ok') });
  scene.setEndpoints(behindProxy(server));
  const outbound = await scene.outbound(soonFailfast);
  expect(await scene.get(outbound)).toContain('ok');
  // The control plane's streams end too, since it shows the same anchor; what is known stays.
  outbound.credentials.setTrustAnchors(createCertificateMill().trustAnchors);
  await eventually(() => expect(server.open).toBe(0));
  expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 50[34] /);
});

test('before there is a certificate nothing is sent, and then it is', async () => {
  const server = await scene.meshServer({ onRequest: (_request, response) => void response.end('ok') });
  scene.setEndpoints(behindProxy(server));
  const credentials = new CredentialCell(scene.plane.mill.trustAnchors);
  const outbound = await scene.outbound({ deps: { credentials, discoveryTimeoutMs: 5000 } });
  const answer = scene.get(outbound);
  await eventually(async () => expect(await outbound.metrics()).toContain('peer="src"'));
  expect(server.accepted).toBe(0);
  credentials.setCredentials(scene.plane.mill.leaf(web));
  expect(await answer).toContain('ok');
});

test('draining: what is open ends, idle connections close, and then there is nothing left', async () => {
  const done = Promise.withResolvers<void>();
  const server = await scene.meshServer({
    onRequest: (_request, response) => {
      response.write('begun');
      void done.promise.then(() => response.end('ended'));
    },
  });
  scene.setEndpoints(behindProxy(server));
  const outbound = await scene.outbound();
  const [busy, idle] = [await scene.client(outbound), await scene.client(outbound)];
  await busy.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await busy.untilText('begun');
  await idle.send('GET / HTTP/1.1\r\nhost');
  await eventually(() => expect(outbound.drain.openHolds).toBe(2));
  const drained = outbound.drain.begin(systemClock, 5000);
  done.resolve();
  await busy.untilText('ended');
  await busy.untilEnd();
  await idle.untilEnd();
  busy.end();
  idle.end();
  expect(await drained).toBe(true);
});
