/** `ticks URL`: opens an answer that does not end, and tells how it started and how it ended, if it did. */
import { get } from 'node:http';
import { say } from './say.ts';

export const ticks = ([url = '']: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    let count = 0;
    const ended = (how: string): void => {
      say({ kind: 'ended', how, count });
      resolve();
      process.exit(0);
    };
    process.stdin.resume().once('end', () => ended('by the client'));
    const request = get(url, { agent: false }, (response) => {
      say({ kind: 'started', status: response.statusCode });
      response.on('data', () => {
        count += 1;
        if (count % 10 === 0) say({ kind: 'ticking', count });
      });
      response.once('end', () => ended('whole'));
      response.once('error', (error: NodeJS.ErrnoException) => ended(error.code ?? error.message));
    });
    request.once('error', (error: NodeJS.ErrnoException) => ended(error.code ?? error.message));
  });
