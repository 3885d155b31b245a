/** `websocket HOST PORT COUNT`: upgrades, sends messages and wants each back. One line: what came of it. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { say } from './say.ts';
import { FrameReader, frame, opcodes } from './websocket-frames.ts';

export const webSocket = ([host = '', port = '8080', count = '10']: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    let isDone = false;
    const done = (report: object): void => {
      if (!isDone) say(report);
      isDone = true;
      resolve();
    };
    const headers = {
      host: `${host}:${port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    };
    const outgoing = request({ host, port, path: '/socket', headers, agent: false, timeout: 20_000 });
    outgoing.once('response', (response) => {
      response.resume();
      done({ kind: 'refused', status: response.statusCode });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (error: NodeJS.ErrnoException) =>
      done({ kind: 'error', error: error.code ?? error.message }),
    );
    outgoing.once('upgrade', (_response, socket) => talk(socket, Number(count), done));
    outgoing.end();
  });

const talk = (socket: Duplex, count: number, done: (report: object) => void): void => {
  const reader = new FrameReader();
  let echoed = 0;
  const next = (): void => void socket.write(frame(opcodes.text, Buffer.from(`message ${echoed}`), randomBytes(4)));
  socket.on('data', (data: Buffer) => {
    for (const { payload } of reader.push(data)) {
      if (payload.toString() !== `message ${echoed}`) return done({ kind: 'garbled', payload: payload.toString() });
      echoed += 1;
      if (echoed === count) {
        socket.end();
        return done({ kind: 'echoed', count: echoed });
      }
      next();
    }
  });
  socket.once('close', () => done({ kind: 'closed', count: echoed }));
  socket.on('error', () => socket.destroy());
  next();
};
