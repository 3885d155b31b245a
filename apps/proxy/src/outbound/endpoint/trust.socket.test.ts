/** Certificates end and are renewed, anchors are dropped, the process stops: requests are not lost by it. */
import { identityOf } from '@heddle/policy/testing';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually, FakeClock } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Request, Response } from '../testing/fake-server.ts';
import { behindProxy, Scene, serverIdentity, soonFailfast } from '../testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

const web = identityOf('web');
const hourMs = 3_600_000;

/** Answers `/slow` in two parts, the second when `finish` is called, and everything else at once. */
const slowly = () => {
  const done = Promise.withResolvers<void>();
  const onRequest = ({ url }: Request, response: Response): void => {
    if (url !== '/slow') return void response.end('ok');
    response.write('begun');
    void done.promise.then(() => response.end('ended'));
  };
  return { onRequest, finish: done.resolve };
};

test.each(['ours', "the server's"])(
  'a certificate ends, %s: connections are replaced, no request is lost',
  async (whose) => {
    const { mill } = scene.plane;
    const clock = new FakeClock(Date.now());
    const own = new CredentialCell(mill.trustAnchors, mill.leaf(web));
    const servers = new CredentialCell(mill.trustAnchors, mill.leaf(serverIdentity));
    const ending = whose === 'ours' ? own : servers;
    const identity = whose === 'ours' ? web : serverIdentity;
    ending.setCredentials(mill.leaf(identity, { lifetimeMs: hourMs }));
    const { onRequest, finish } = slowly();
    const server = await scene.server({ credentials: servers, onRequest });
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound({ deps: { credentials: own, clock } });
    const client = await scene.client(outbound);
    await client.send('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.untilText('begun');

    ending.setCredentials(mill.leaf(identity));
    expect(await scene.get(outbound)).toContain('ok');
    expect(server.accepted).toBe(1);
    clock.advance(hourMs + 70_000);
    for (let round = 0; round < 3; round += 1) expect(await scene.get(outbound)).toContain('ok');
    expect({ accepted: server.accepted, open: server.open }).toEqual({ accepted: 2, open: 2 });
    finish();
    await client.untilText('ended');
    await eventually(() => expect(server.open).toBe(1));
  },
);

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
  const outbound = await scene.outbound({ deps: { credentials } });
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
