import { createServer, type IncomingHttpHeaders } from 'node:http';
import { anybody, grant, httpPolicy, httpRoute, identities, identityOf } from '@heddle/policy/testing';
import { eventually, freePort, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { listenAnywhere, startTestProxy, type TestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.3';
const plane = new FakeControlPlane();
const disposals: (() => unknown)[] = [];
let servicePort = 0;
let seen: { url: string; headers: IncomingHttpHeaders }[] = [];

beforeEach(async () => {
  seen = [];
  await plane.start();
  servicePort = await freePort(ip);
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

const start = async (environment: Record<string, string> = {}): Promise<TestProxy> => {
  const application = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    response.end('from the application');
  });
  const port = await listenAnywhere(application);
  disposals.push(() => {
    application.closeAllConnections();
    return new Promise((resolve) => application.close(resolve));
  });
  const inbound = new Map([[servicePort, port]]);
  const proxy = await startTestProxy({ plane, account: 'authors', ip, inbound, environment });
  disposals.push(() => proxy.stop());
  return proxy;
};

const client = async (localAddress?: string): Promise<RawClient> => {
  const raw = await RawClient.connect(servicePort, {
    host: ip,
    timeoutMs: 5000,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  disposals.push(() => raw[Symbol.asyncDispose]());
  return raw;
};

const get = async (path: string, headers = ''): Promise<string> => {
  const raw = await client();
  await raw.send(`GET ${path} HTTP/1.1\r\nHost: authors\r\nConnection: close\r\n${headers}\r\n`);
  return (await raw.untilEnd()).toString('latin1');
};

const setPolicy = (policy: ReturnType<typeof httpPolicy>): void =>
  plane.inbound.of(`authors:${servicePort}`).set(policy);

const open = httpPolicy([httpRoute('public', ['/open/*'], [grant('everybody', anybody)])]);

describe('plaintext HTTP under policy', () => {
  test.each([
    ['/open/a', 200],
    ['/other', 404],
    ['/open/../other', 400],
  ])('GET %s -> %d', async (path, status) => {
    setPolicy(open);
    await start();
    expect(await get(path)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(seen.length).toBe(status === 200 ? 1 : 0);
  });

  test('on loopback nobody is the workload unless its addresses are given', async () => {
    setPolicy(httpPolicy([httpRoute('private', ['/*'], [grant('web', identities(identityOf('web')))])]));
    await start({ HEDDLE_PROXY_LOCAL_ADDRESSES: '' });
    expect(await get('/')).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('a client without the identity that a route wants gets 403 and learns nothing more', async () => {
    setPolicy(httpPolicy([httpRoute('private', ['/*'], [grant('web', identities(identityOf('web')))])]));
    await start();
    const response = await get('/');
    expect(response).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(response).not.toContain('l5d-');
  });

  test('nobody can claim an identity by a header', async () => {
    setPolicy(open);
    await start();
    await get('/open/a', 'l5d-client-id: admin\r\nL5D_Client_Id: admin\r\nX-Mine: 1\r\n');
    expect(seen[0]?.headers).toMatchObject({ 'x-mine': '1' });
    expect(JSON.stringify(seen[0]?.headers)).not.toContain('admin');
  });
});

describe('the policy of a port', () => {
  test('is waited for: a connection is held until the first policy comes, and readiness says so', async () => {
    const proxy = await start();
    expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(503);
    const response = get('/open/a');
    setPolicy(open);
    expect(await response).toMatch(/^HTTP\/1\.1 200 /);
    await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
  });

  test('that does not come in time is no policy: the connection is refused, never served by a default', async () => {
    await start({ HEDDLE_PROXY_POLICY_HOLD: '200ms' });
    const raw = await client();
    await raw.send('GET /open/a HTTP/1.1\r\nHost: authors\r\n\r\n');
    expect((await raw.untilEnd()).length).toBe(0);
    expect(seen).toEqual([]);
  });

  test('changes while a connection lives: the next request is decided by the new one', async () => {
    setPolicy(open);
    await start();
    const raw = await client();
    const request = 'GET /open/a HTTP/1.1\r\nHost: authors\r\n\r\n';
    await raw.send(request);
    await raw.untilText('from the application');
    setPolicy(httpPolicy([httpRoute('public', ['/open/*'], [])]));
    await eventually(async () => {
      await raw.send(request);
      await raw.untilText('403 Forbidden');
    });
  });

  test('stays in force while the control plane is away', async () => {
    setPolicy(open);
    await start();
    expect(await get('/open/a')).toMatch(/ 200 /);
    await plane.stop();
    expect(await get('/open/a')).toMatch(/ 200 /);
    expect(await get('/secret')).toMatch(/ 404 /);
  });
});

test('metrics say who was decided how', async () => {
  setPolicy(open);
  const proxy = await start();
  await get('/open/a');
  await get('/secret');
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
  expect(text).toMatch(/^inbound_http_authz_allow_total\{.*route_name="public".*authz_name="everybody".*\} 1$/m);
  expect(text).toMatch(/^inbound_http_route_not_found_total\{.*srv_name="[^"]+".*\} 1$/m);
  expect(text).toMatch(/^response_total\{direction="inbound".*status_code="200",classification="success"\} 1$/m);
  expect(text).toMatch(/^control_identity_cert_refreshes_total\{result="success"\} 1$/m);
});

test('an access log in the format of Apache has a line per request', async () => {
  const written: string[] = [];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  disposals.push(() => stdout.mockRestore());
  setPolicy(open);
  await start({ LINKERD2_PROXY_ACCESS_LOG: 'apache' });
  await get('/open/a', 'User-Agent: curl/8\r\n');
  await get('/secret');
  const text = (): string => written.join('');
  await eventually(() => expect(text()).toContain('/secret'));
  expect(text()).toMatch(/^127\.0\.0\.1 - - \[.{20} \+0000\] "GET \/open\/a HTTP\/1\.1" 200 20 "-" "curl\/8"$/m);
  expect(text()).toMatch(/^127\.0\.0\.1 - - \[.{20} \+0000\] "GET \/secret HTTP\/1\.1" 404 - "-" "-"$/m);
});
