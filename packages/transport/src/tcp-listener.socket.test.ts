import { once } from 'node:events';
import { ListenError, systemClock } from '@heddle/runtime';
import { FakeClock, RawClient } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { connectTcp } from './tcp-client.ts';
import { TcpListener } from './tcp-listener.ts';

const listen = (options: Partial<Parameters<typeof TcpListener.listen>[0]> = {}): Promise<TcpListener> =>
  TcpListener.listen({ name: 'policy API', host: '127.0.0.1', port: 0, onConnection: () => {}, ...options });

test('a port in use says which, by whom it was wanted and what to do', async () => {
  const first = await listen();
  const error = await listen({ port: first.port }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ListenError);
  expect(error).toMatchObject({
    code: 'EADDRINUSE',
    message: `policy API: cannot listen on 127.0.0.1:${first.port}: another process already listens there; stop it or choose another port (EADDRINUSE)`,
  });
  await first.close();
});

test('an address that is not ours', async () => {
  await expect(listen({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});

test('counts its connections and closes them', async () => {
  const listener = await listen();
  await using one = await RawClient.connect(listener.port);
  await using two = await RawClient.connect(listener.port);
  const echo = await listen({ onConnection: (socket) => socket.end('bye') });
  await using three = await RawClient.connect(echo.port);
  await three.untilText('bye');
  expect(listener.connections).toBe(2);
  await listener.close();
  await Promise.all([one.untilEnd(), two.untilEnd()]);
  expect(listener.connections).toBe(0);
  await listener.close();
  await echo.close();
});

test('draining lets connections finish, and ends them when the time is over', async () => {
  const clock = new FakeClock();
  const listener = await listen({ onConnection: (socket) => socket.on('data', (data) => socket.write(data)) });
  await using finishing = await RawClient.connect(listener.port);
  await using lingering = await RawClient.connect(listener.port);
  await Promise.all([finishing.send('a'), lingering.send('a')]);
  await Promise.all([finishing.untilText('a'), lingering.untilText('a')]);

  const draining = listener.drain(clock, 30_000);
  await expect(RawClient.connect(listener.port)).rejects.toThrow('ECONNREFUSED');
  await finishing.send('b');
  await finishing.untilText('b');
  finishing.socket.destroy();
  clock.advance(29_999);
  expect(lingering.isEnded).toBe(false);
  clock.advance(1);
  await draining;
  await lingering.untilEnd();
});

test('draining is over as soon as the last connection is', async () => {
  const clock = new FakeClock();
  const listener = await listen({ onConnection: (socket) => socket.resume().on('end', () => socket.end()) });
  const client = await RawClient.connect(listener.port);
  const draining = listener.drain(clock, 30_000);
  client.socket.destroy();
  await draining;
  expect(clock.pendingTimers).toBe(0);
  const idle = await listen();
  await idle.drain(clock, 30_000);
});

test('more connections than allowed are closed on arrival', async () => {
  const refused: [string, number][] = [];
  const listener = await listen({ maxConnections: 1, onRefused: (peerIp, open) => refused.push([peerIp, open]) });
  await using kept = await RawClient.connect(listener.port);
  await using dropped = await RawClient.connect(listener.port);
  await dropped.untilEnd();
  expect(kept.isEnded).toBe(false);
  expect(refused).toEqual([['127.0.0.1', 1]]);
  await listener.close();
});

test('a client may choose its source address', async () => {
  const remote = Promise.withResolvers<string | undefined>();
  const listener = await listen({ onConnection: (socket) => remote.resolve(socket.remoteAddress) });
  const target = { host: '127.0.0.1', port: listener.port, clock: systemClock, connectTimeoutMs: 5000 };
  const socket = await connectTcp({ ...target, localAddress: '127.0.0.77' });
  expect(await remote.promise).toBe('127.0.0.77');
  await expect(connectTcp({ ...target, localAddress: '192.0.2.1' })).rejects.toMatchObject({ code: 'unreachable' });
  const closed = once(socket, 'close');
  await listener.close();
  socket.resume();
  socket.end();
  await closed;
});

test('a connection that is not answered in time', async () => {
  const clock = new FakeClock();
  const listener = await listen();
  const connecting = connectTcp({ host: 'localhost', port: listener.port, clock, connectTimeoutMs: 1000 });
  // The clock moves before the event loop does, and a name takes the loop more turns than the deadline's last look.
  clock.advance(1000);
  await expect(connecting).rejects.toMatchObject({ code: 'timeout' });
  await listener.close();
});
