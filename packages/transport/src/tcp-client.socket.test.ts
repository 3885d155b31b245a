import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { systemClock } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { connectTcp } from './tcp-client.ts';

test('a process too busy to look is not a peer that did not answer', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connecting = connectTcp({ host: '127.0.0.1', port, clock: systemClock, connectTimeoutMs: 20 });
  // The kernel connects at once; this thread comes back to it long after the deadline.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  const socket = await connecting;
  expect(socket.remotePort).toBe(port);
  socket.destroy();
  server.close();
});
