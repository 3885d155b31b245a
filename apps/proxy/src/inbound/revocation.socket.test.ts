/** What a change of policy does to open exchanges: each is judged as it was asked, not as it was forwarded. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpFilter, HttpMatch, InboundPolicy, RequestHeaderModifier } from '@heddle/policy';
import { anybody, grant, httpPolicy, httpRoute, identityOf, match } from '@heddle/policy/testing';
import { eventually, freePort, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { connectDirect } from '../testing/mesh-peer.ts';
import { listenAnywhere, startTestProxy, type TestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.9';
const plane = new FakeControlPlane();
const everybody = grant('everybody', anybody);
const disposals: (() => unknown)[] = [];
/** Connections of requests that get no answer. */
let held: Socket[] = [];
let port = 0;

beforeEach(async () => {
  held = [];
  await plane.start();
  port = await freePort(ip);
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

/** Takes every upgrade and sends back what it gets. */
const start = async (): Promise<TestProxy> => {
  const sockets = new Set<Socket>();
  const application = createServer((request, response) => {
    if (request.url === '/slow') held.push(request.socket);
    else response.end('fresh');
  });
  application.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  application.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  const listening = await listenAnywhere(application);
  disposals.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => application.close(resolve));
  });
  const proxy = await startTestProxy({ plane, account: 'authors', ip, inbound: new Map([[port, listening]]) });
  disposals.push(() => proxy.stop());
  await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
  return proxy;
};

const setPolicy = (policy: InboundPolicy): void => plane.inbound.of(`authors:${port}`).set(policy);

const echoRoute = (matches: readonly HttpMatch[], filters: readonly HttpFilter[] = []): InboundPolicy =>
  httpPolicy([httpRoute('echo', [], [everybody], { rules: [{ matches, filters }] })]);

/** The same, and a path that tells that the proxy decides by it. */
const setNext = async (policy: InboundPolicy): Promise<void> => {
  const { protocol } = policy;
  if (protocol.kind !== 'detect') throw new Error('not a detecting policy');
  const routes = [...protocol.routes, httpRoute('fresh', ['/fresh'], [everybody])];
  setPolicy({ ...policy, protocol: { ...protocol, routes } });
  await eventually(async () => expect((await fetch(`http://${ip}:${port}/fresh`)).status).toBe(200));
};

const upgrade = 'GET /echo HTTP/1.1\r\nHost: public\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Role: guest\r\n\r\n';

const open = async (client: RawClient): Promise<RawClient> => {
  disposals.push(() => client[Symbol.asyncDispose]());
  await client.send(upgrade);
  await client.untilText('101 Switching Protocols');
  await client.send('before');
  await client.untilText('before');
  return client;
};

const expectKept = async (client: RawClient): Promise<void> => {
  await client.send('after');
  await client.untilText('after');
};

const modifier = (set: Record<string, string>): RequestHeaderModifier => ({
  kind: 'requestHeaders',
  add: [],
  set: Object.entries(set).map(([name, value]) => ({ name, value })),
  remove: [],
});
const role = (value: string): HttpMatch => match('/echo', { headers: [{ kind: 'exact', name: 'x-role', value }] });
const host = (value: string): HttpMatch => match('/echo', { headers: [{ kind: 'exact', name: 'host', value }] });
const clientId = match('/echo', { headers: [{ kind: 'exact', name: 'l5d-client-id', value: identityOf('web') }] });
const anyEcho = match('/echo');
const admin = modifier({ 'x-role': 'admin', host: 'private' });

describe('what a filter wrote into an open exchange', () => {
  test.each<[string, HttpMatch, HttpMatch, 'kept' | 'ended']>([
    ['a header as the client sent it keeps it open', role('guest'), role('guest'), 'kept'],
    ['a header of the filter does not', anyEcho, role('admin'), 'ended'],
    ['the host that the client asked for keeps it open', host('public'), host('public'), 'kept'],
    ['the host of the filter does not', anyEcho, host('private'), 'ended'],
  ])('%s', async (_what, before, after, outcome) => {
    setPolicy(echoRoute([before], [admin]));
    await start();
    const client = await open(await RawClient.connect(port, { host: ip, timeoutMs: 5000 }));
    await setNext(echoRoute([after], [admin]));
    if (outcome === 'kept') await expectKept(client);
    else await client.untilEnd();
  });
});

test.each<[string, HttpMatch, 'kept' | 'ended']>([
  ['is nothing that a route can ask for', clientId, 'ended'],
  ['does not disturb the routes that ask for other headers', role('guest'), 'kept'],
])('the client id that the proxy tells the application %s', async (_what, after, outcome) => {
  setPolicy(echoRoute([anyEcho]));
  const proxy = await start();
  const peer = { mill: plane.mill, identity: identityOf('web') };
  const client = await open(await connectDirect(proxy, peer, { port, sessionProtocol: 'http1' }));
  await setNext(echoRoute([after]));
  if (outcome === 'kept') await expectKept(client);
  else await client.untilEnd();
});

test.each(['plain', 'mesh'])(
  'a request in flight that the policy takes back is answered 403, on a %s connection',
  async (kind) => {
    setPolicy(httpPolicy([httpRoute('slow', ['/slow'], [everybody])]));
    const proxy = await start();
    const peer = { mill: plane.mill, identity: identityOf('web') };
    const client =
      kind === 'mesh'
        ? await connectDirect(proxy, peer, { port, sessionProtocol: 'http1' })
        : await RawClient.connect(port, { host: ip, timeoutMs: 5000 });
    disposals.push(() => client[Symbol.asyncDispose]());
    await client.send('GET /slow HTTP/1.1\r\nHost: public\r\n\r\n');
    await eventually(() => expect(held).toHaveLength(1));
    setPolicy(httpPolicy([httpRoute('slow', ['/slow'])]));
    expect((await client.untilText('\r\n\r\n')).toString()).toMatch(/^HTTP\/1\.1 403 /);
    // The application is not left with a request that nobody may ask.
    await eventually(() => expect(held[0]?.destroyed).toBe(true));
  },
);
