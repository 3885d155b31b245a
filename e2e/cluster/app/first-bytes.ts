/** `first-bytes HOST PORT`: connects, says nothing, and tells what the server says first and after how long. */
import { connect } from 'node:net';
import { say } from './say.ts';

export const firstBytes = ([host = '', port = '']: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host, port: Number(port) });
    const done = (report: object): void => {
      say({ ...report, ms: Math.round(performance.now() - startedAt) });
      socket.destroy();
      resolve();
    };
    socket.setTimeout(15_000, () => done({ kind: 'silence' }));
    socket.once('data', (data) => done({ kind: 'said', text: data.toString('latin1') }));
    socket.once('end', () => done({ kind: 'closed' }));
    socket.once('error', (error: NodeJS.ErrnoException) => done({ kind: 'error', error: error.code ?? error.message }));
  });
