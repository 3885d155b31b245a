import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually, FakeApiServer, FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { describe, expect, test } from 'vitest';
import type { ClusterConnection } from '../connection/connection.ts';
import { widgets } from '../testing/watched-widgets.ts';
import { ApiError, noAnswer } from './api-error.ts';
import { KubernetesApi } from './kubernetes-api.ts';

const path = '/apis/example.io/v1/widgets';
const mill = createCertificateMill();
const server = mill.leaf('kubernetes.default.svc.cluster.local');
const tls = { certificate: server.chainPem, key: server.keyPem };

const connectionTo = (api: FakeApiServer, more: Partial<ClusterConnection> = {}): ClusterConnection => ({
  server: new URL(api.url),
  certificateAuthority: { kind: 'text', text: mill.trustAnchorsPem },
  tlsServerName: 'kubernetes.default.svc.cluster.local',
  namespace: 'default',
  ...more,
});

const callOnce = async (connection: ClusterConnection, timeoutMs = 10_000): Promise<unknown> => {
  const api = new KubernetesApi({ connection, clock: systemClock, timeoutMs });
  try {
    return await api.call({ path });
  } catch (error) {
    return error;
  } finally {
    api.close();
  }
};

describe('over TLS', () => {
  test.each<[string, Partial<ClusterConnection>, RegExp]>([
    ['another authority', { certificateAuthority: undefined }, /unable to (verify|get)|self.signed/],
    ['another name', { tlsServerName: 'other.example' }, /altnames/],
  ])('a server of %s is refused', async (_, more, message) => {
    await using api = await FakeApiServer.start({ kinds: [widgets], tls });
    const error = await callOnce(connectionTo(api, more));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: noAnswer, message: expect.stringMatching(message) });
    expect(api.requests).toEqual([]);
  });

  test('a client certificate says who we are', async () => {
    await using api = await FakeApiServer.start({
      kinds: [widgets],
      tls: { ...tls, clientAuthority: mill.trustAnchorsPem },
    });
    const client = mill.leaf('client.example');
    const clientCertificate = {
      certificate: { kind: 'text', text: client.chainPem },
      key: { kind: 'text', text: client.keyPem },
    } as const;
    expect(await callOnce(connectionTo(api))).toBeInstanceOf(ApiError);
    expect(await callOnce(connectionTo(api, { clientCertificate }))).toMatchObject({ kind: 'WidgetList' });
  });
});

test('a token that was refused is read again, and the request made again if it is another', async () => {
  await using api = await FakeApiServer.start({ kinds: [widgets] });
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('token', 'first');
  const connection = connectionTo(api, { token: { kind: 'file', file } });
  const client = new KubernetesApi({ connection, clock: systemClock });
  api.token = 'first';
  expect(await client.call({ path })).toMatchObject({ items: [] });
  api.token = 'second';
  await directory.write('token', 'second');
  expect(await client.call({ path })).toMatchObject({ items: [] });
  expect(api.requests.map(({ authorization }) => authorization)).toEqual([
    'Bearer first',
    'Bearer first',
    'Bearer second',
  ]);
  api.token = 'third';
  await expect(client.call({ path })).rejects.toMatchObject({ status: 401 });
  expect(api.requests).toHaveLength(4);
  client.close();
});

test('another authority is used without a restart', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('ca.crt', mill.trustAnchorsPem);
  await using api = await FakeApiServer.start({ kinds: [widgets], tls });
  const clock = new FakeClock();
  const other = createCertificateMill();
  const otherLeaf = other.leaf('kubernetes.default.svc.cluster.local');
  await using moved = await FakeApiServer.start({
    kinds: [widgets],
    tls: { certificate: otherLeaf.chainPem, key: otherLeaf.keyPem },
  });
  const connection = connectionTo(api, { certificateAuthority: { kind: 'file', file } });
  const client = new KubernetesApi({ connection, clock });
  expect(await client.call({ path })).toMatchObject({ items: [] });
  // The same name, behind which another server answers now.
  connection.server.port = new URL(moved.url).port;
  await directory.write('ca.crt', other.trustAnchorsPem);
  await expect(client.call({ path })).rejects.toMatchObject({ status: noAnswer });
  clock.advance(60_000);
  expect(await client.call({ path })).toMatchObject({ items: [] });
  client.close();
});

describe('a connection', () => {
  /** Two requests at a time, so that there are two connections; how many there are is the server's to say. */
  const warmUp = async (client: KubernetesApi): Promise<void> => {
    await Promise.all([client.call({ path }), client.call({ path })]);
  };

  test('that nobody uses is closed', async () => {
    await using api = await FakeApiServer.start({ kinds: [widgets] });
    const client = new KubernetesApi({ connection: connectionTo(api), clock: systemClock, idleConnectionMs: 20 });
    await warmUp(client);
    await eventually(async () => expect(await api.openConnections()).toBe(0));
    client.close();
  });

  test('is not used again once a server has gone silent', async () => {
    await using api = await FakeApiServer.start({ kinds: [widgets] });
    const clock = new FakeClock();
    const client = new KubernetesApi({ connection: connectionTo(api), clock, timeoutMs: 1_000 });
    await warmUp(client);
    expect(await api.openConnections()).toBe(2);
    api.fail({ on: 'list', answer: 'hang' });
    const call = client.call({ path });
    await eventually(() => expect(api.requests).toHaveLength(3));
    clock.advance(1_000);
    await expect(call).rejects.toMatchObject({ status: noAnswer });
    await eventually(async () => expect(await api.openConnections()).toBe(0));
    expect(await client.call({ path })).toMatchObject({ items: [] });
    client.close();
  });
});

describe('an answer', () => {
  test.each([
    [
      { status: 403, reason: 'Forbidden', message: 'widgets is forbidden' },
      { status: 403, reason: 'Forbidden' },
    ],
    [
      { status: 429, retryAfterSeconds: 3 },
      { status: 429, retryAfterMs: 3000 },
    ],
    ['drop' as const, { status: noAnswer }],
    ['hang' as const, { status: noAnswer, message: `GET ${path}: no answer within 50 ms` }],
  ])('of %j is an error that says so', async (answer, expected) => {
    await using api = await FakeApiServer.start({ kinds: [widgets] });
    api.fail({ on: 'list', answer });
    expect(await callOnce(connectionTo(api), answer === 'hang' ? 50 : 10_000)).toMatchObject(expected);
  });

  test('is not waited for after the end was asked for', async () => {
    await using api = await FakeApiServer.start({ kinds: [widgets] });
    api.fail({ on: 'list', answer: 'hang' });
    const client = new KubernetesApi({ connection: connectionTo(api), clock: systemClock });
    const abort = new AbortController();
    const call = client.call({ path, signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ status: noAnswer, message: `GET ${path}: aborted` });
    client.close();
  });

  test('comes from under the path of the server', async () => {
    await using api = await FakeApiServer.start({ kinds: [widgets] });
    await callOnce(connectionTo(api, { server: new URL(`${api.url}/clusters/one/`) }));
    expect(api.requests.map((request) => request.path)).toEqual([`/clusters/one${path}`]);
  });

  test('of a server that is not there is an error', async () => {
    const api = await FakeApiServer.start({ kinds: [] });
    const connection = connectionTo(api);
    await api[Symbol.asyncDispose]();
    expect(await callOnce(connection)).toMatchObject({
      status: noAnswer,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
