import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@heddle/runtime';
import { FakeApiServer } from '@heddle/testkit';
import { afterEach, expect, test } from 'vitest';
import { KubernetesApi } from '../api/kubernetes-api.ts';
import { parseKubeconfig } from '../connection/kubeconfig.ts';
import { forwardPort } from './port-forward.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const listen = async (serve: (socket: Socket) => void): Promise<number> => {
  const server = createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const pod = { namespace: 'shop', pod: 'web-1', port: 4191 };

test('carries bytes both ways, of any size, and ends when the pod ends', async () => {
  await using server = await FakeApiServer.start({ kinds: [] });
  const api = new KubernetesApi({ connection: parseKubeconfig(server.kubeconfig, 'fake'), clock: systemClock });
  const port = await listen((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes === 200_000) socket.end('x'.repeat(150_000));
    });
  });
  server.podPorts.set('shop/web-1:4191', port);
  const stream = await forwardPort(api, pod);
  for (const size of [1, 125, 126, 65_535, 200_000 - 65_787]) stream.write('a'.repeat(size));
  expect(await text(stream)).toBe('x'.repeat(150_000));
  api.close();
});

test('ending the stream ends the connection in the pod', async () => {
  await using server = await FakeApiServer.start({ kinds: [] });
  const api = new KubernetesApi({ connection: parseKubeconfig(server.kubeconfig, 'fake'), clock: systemClock });
  const ended = Promise.withResolvers<void>();
  const port = await listen((socket) => {
    socket.on('close', () => ended.resolve());
    socket.resume();
  });
  server.podPorts.set('shop/web-1:4191', port);
  const stream = await forwardPort(api, pod);
  stream.resume();
  stream.end('bye');
  await ended.promise;
  api.close();
});

test('says why there is no connection', async () => {
  await using server = await FakeApiServer.start({ kinds: [] });
  const api = new KubernetesApi({ connection: parseKubeconfig(server.kubeconfig, 'fake'), clock: systemClock });
  const stream = await forwardPort(api, pod);
  const [error] = (await once(stream, 'error')) as [Error];
  expect(error.message).toBe('port 4191 of pod shop/web-1: an error occurred forwarding 4191: connection refused');
  await expect(forwardPort(api, { ...pod, pod: '..' })).rejects.toThrow('404');
  api.close();
});
