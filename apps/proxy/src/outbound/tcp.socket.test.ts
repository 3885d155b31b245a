/** Bytes that are not HTTP, or are not to be looked at. */
import type { Socket } from 'node:net';
import { eventually, freePort } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpoint, meshed, servicePolicy, serviceRef } from './testing/policies.ts';
import { behindProxy, inClear, path, Scene, serverIdentity, soonFailfast, target } from './testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

/** Greets, gives back what comes, and says goodbye when the client has ended its side. */
const converse = (socket: Socket): void => {
  socket.write('hello ');
  socket.on('data', (bytes: Buffer) => socket.write(bytes));
  socket.on('end', () => socket.end(' bye'));
};

test('an opaque destination: the server may speak first, and each side ends on its own', async () => {
  scene.setPolicy(servicePolicy(path, 'opaque'));
  const server = await scene.meshServer({ onBytes: converse });
  scene.setEndpoints(behindProxy(server, { hint: { protocol: 'opaque', opaqueTransportPort: server.port } }));
  const outbound = await scene.outbound();
  const client = await scene.client(outbound);
  await client.untilText('hello ');
  await client.send('GET / HTTP/1.1\r\n\r\n');
  await client.untilText('GET / HTTP/1.1\r\n\r\n');
  client.end();
  expect((await client.untilEnd()).toString('latin1')).toBe('hello GET / HTTP/1.1\r\n\r\n bye');
  expect(server.headers).toEqual([{ port: 8080, name: undefined, sessionProtocol: undefined }]);
  expect(outbound.lines).toContainEqual(expect.objectContaining({ msg: 'mesh-connection', server_id: serverIdentity }));
  await eventually(() => expect(server.open).toBe(0));
});

test('a profile that says opaque outweighs a policy that would detect', async () => {
  scene.plane.profiles.of(target).set({ isOpaque: true });
  const server = await scene.meshServer({ onBytes: converse });
  scene.setEndpoints(behindProxy(server));
  const client = await scene.client(await scene.outbound());
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await client.untilText('host: a');
  expect(server.headers[0]?.sessionProtocol).toBeUndefined();
});

test.each([
  ['bytes that are not HTTP', 'EHLO example\r\n'],
  ['a client that says too little to tell', 'GE'],
])('detection: %s', async (_what, bytes) => {
  const policy = servicePolicy(path);
  if (policy.protocol.kind === 'detect')
    scene.setPolicy({ ...policy, protocol: { ...policy.protocol, timeoutMs: 100 } });
  const server = await scene.meshServer({ onBytes: converse });
  scene.setEndpoints(behindProxy(server));
  const client = await scene.client(await scene.outbound());
  await client.send(bytes);
  await client.untilText(`hello ${bytes}`);
});

test('HTTP to an endpoint that takes its port for opaque: the header does not name it, nothing is upgraded', async () => {
  const server = await scene.meshServer({
    onBytes: (socket) =>
      void socket.once('data', (bytes: Buffer) => {
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`);
      }),
  });
  scene.setEndpoints(behindProxy(server, { hint: { protocol: 'opaque', opaqueTransportPort: server.port } }));
  const answer = await scene.get(await scene.outbound(), '/raw');
  expect(answer).toContain('\r\n\r\nGET /raw HTTP/1.1\r\n');
  expect(server.headers[0]?.sessionProtocol).toBeUndefined();
});

test('an endpoint without identity is connected to in clear, from the source that is configured', async () => {
  let peer = '';
  const server = await scene.server({
    onBytes: (socket) => {
      peer = socket.remoteAddress ?? '';
      converse(socket);
    },
  });
  scene.setPolicy(servicePolicy(path, 'opaque'));
  scene.setEndpoints(inClear(server));
  const client = await scene.client(await scene.outbound({ config: { source: '127.10.1.7' } }));
  await client.send('12345678901234');
  await client.untilText('12345678901234');
  expect(peer).toBe('127.10.1.7');
});

test('an endpoint that is down is passed over', async () => {
  scene.setPolicy(servicePolicy(path, 'opaque'));
  const up = await scene.meshServer({ onBytes: (socket) => socket.end('up') });
  scene.setEndpoints(
    meshed(`127.0.0.1:${await freePort()}`, serverIdentity, undefined),
    behindProxy(up, { address: endpoint(`127.0.0.1:${up.port}`).address }),
  );
  const outbound = await scene.outbound();
  for (let round = 0; round < 10; round += 1) {
    expect((await (await scene.client(outbound)).untilEnd()).toString()).toBe('up');
  }
});

test('when none answers the connection is reset after the failfast timeout', async () => {
  scene.setPolicy(servicePolicy(path, 'opaque'));
  scene.setEndpoints(endpoint(`127.0.0.1:${await freePort()}`));
  const outbound = await scene.outbound(soonFailfast);
  const client = await scene.client(outbound);
  await client.untilEnd();
  expect(client.error).toMatchObject({ code: 'ECONNRESET' });
  expect(await outbound.metrics()).toMatch(/outbound_tcp_errors_total\{error="failfast"\} 1/);
});

test.each([
  ['forbidden', { kind: 'forbidden' } as const],
  ['invalid_policy', { kind: 'invalid', message: 'no' } as const],
])('a policy that says %s', async (error, filter) => {
  const route = { ref: serviceRef, filters: [filter], distribution: { kind: 'empty' } as const };
  scene.setPolicy({ ref: serviceRef, protocol: { kind: 'opaque', route } });
  const outbound = await scene.outbound();
  const client = await scene.client(outbound);
  expect((await client.untilEnd()).length).toBe(0);
  expect(await outbound.metrics()).toContain(`outbound_tcp_errors_total{error="${error}"} 1`);
});

test('the wrong server identity: no byte goes there', async () => {
  let received = 0;
  scene.setPolicy(servicePolicy(path, 'opaque'));
  const liar = await scene.meshServer({ onBytes: () => void (received += 1) }, 'mallory.example');
  scene.setEndpoints(behindProxy(liar));
  const client = await scene.client(await scene.outbound(soonFailfast));
  await client.send('secret');
  await client.untilEnd();
  expect({ received, headers: liar.headers }).toEqual({ received: 0, headers: [] });
});
