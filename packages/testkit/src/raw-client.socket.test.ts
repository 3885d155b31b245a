import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RawClient } from './raw-client.ts';

const serve = (onConnection: Parameters<typeof createServer>[1]): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

test('sends bytes as they are, half-closes and reads on to the end', async () => {
  const port = await serve((socket) => {
    socket.write('hello ');
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end('bye'));
  });
  await using client = await RawClient.connect(port);
  await client.untilText('hello');
  await client.send('\x00\xff');
  await client.until((received) => received.length >= 8);
  client.end();
  expect((await client.untilEnd()).toString('latin1')).toBe('hello \x00\xffbye');
});

test('says what it had received when the awaited bytes do not come', async () => {
  const port = await serve((socket) => socket.end('partial'));
  await using client = await RawClient.connect(port);
  await expect(client.untilText('whole')).rejects.toThrow('ended after "partial"');
});

test('a reset ends the waiting and is kept', async () => {
  const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await using client = await RawClient.connect(port);
  await client.send('x');
  await client.untilEnd();
  expect(client.isEnded).toBe(true);
  expect(client.error).toMatchObject({ code: 'ECONNRESET' });
});
