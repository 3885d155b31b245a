/** Many who do nothing, and one who does not read: the others are served, and what was held is given back. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { eventually } from '@heddle/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HostileMesh, survives } from './support/hostile-mesh.ts';

let mesh: HostileMesh;
beforeAll(async () => {
  mesh = await HostileMesh.start();
});
afterAll(() => mesh.stop());

const idle = 10_000;
/** Node raises its own limit to the hard one, and so do the processes of the mesh. */
const openFiles = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 0);

/** A client that was told 403, keeps its connection, and asks nothing more. */
const becomeIdle = async (host: string): Promise<Socket> => {
  const socket = connect({ host, port: 7001 });
  socket.write('GET /authors/1 HTTP/1.1\r\nhost: authors\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.1 403 ')) throw new Error(`answered ${answer.toString('latin1')}`);
  return socket;
};

test.skipIf(openFiles < idle + 2000)(
  `${idle} idle connections (needs a hard limit of ${idle + 2000} open files)`,
  async () => {
    // 40 kB each at the most; it is about half of that.
    const withinMb = 400;
    const crowd: Socket[] = [];
    await survives(
      mesh,
      'authors',
      async () => {
        const before = mesh.cost('authors');
        while (crowd.length < idle) {
          crowd.push(...(await Promise.all(Array.from({ length: 250 }, () => becomeIdle(mesh.address('authors'))))));
        }
        const { descriptors, residentMb } = mesh.cost('authors');
        expect(descriptors).toBeGreaterThanOrEqual(idle);
        expect(residentMb - before.residentMb).toBeLessThan(withinMb);
        await mesh.serves();
        for (const socket of crowd) socket.destroy();
      },
      withinMb,
    );
  },
  120_000,
);

test('one stalled reader among 100 streams: 99 are served, and it too when it reads', async () => {
  await survives(mesh, 'target', async () => {
    const { socket } = await mesh.fromBooks('http', 'http2');
    const session = connectHttp2('http://target', { createConnection: () => socket });
    const streams = Array.from({ length: 100 }, () =>
      session.request({ ':path': '/large', 'l5d-orig-proto': 'HTTP/1.1' }),
    );
    const received = new Map<ClientHttp2Stream, number>();
    const refused: unknown[] = [];
    for (const stream of streams) {
      stream.on('response', (answer) => {
        if (answer[':status'] !== 200) refused.push(answer);
      });
    }
    const read = (stream: ClientHttp2Stream): Promise<unknown> => {
      stream.on('data', (chunk: Buffer) => received.set(stream, (received.get(stream) ?? 0) + chunk.length));
      return once(stream, 'end');
    };
    const [stalled, ...others] = streams as [ClientHttp2Stream, ...ClientHttp2Stream[]];
    await Promise.all([once(stalled, 'response'), ...others.map(read)]);
    expect(refused).toEqual([]);
    for (const stream of others) expect(received.get(stream)).toBe(512 * 1024);
    expect(received.get(stalled)).toBe(undefined);
    await read(stalled);
    expect(received.get(stalled)).toBe(512 * 1024);
    session.close();
    await once(session, 'close');
  });
});

test('a client that asks and never reads costs a window, not a body', async () => {
  const readers: { destroy(): void }[] = [];
  await survives(mesh, 'target', async () => {
    for (let count = 0; count < 20; count += 1) {
      const client = await mesh.fromBooks('http', 'http1');
      client.socket.pause();
      await client.send('GET /large HTTP/1.1\r\nhost: target\r\n\r\n'.repeat(100));
      readers.push(client.socket);
    }
    // 1 GB was asked for; what is not read is not fetched.
    await eventually(() => mesh.serves('http', '/small'));
    for (const socket of readers) socket.destroy();
  });
});
