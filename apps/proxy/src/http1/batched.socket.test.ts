/** The cases of HTTP/1 once more, with plain sockets read and written past their streams. */
import { SocketBatches } from '@heddle/transport';
import { describe } from 'vitest';
import { inOneTick } from '../http/end-of-tick.ts';
import { slabPool } from './slab.ts';
import { socketIo } from './testing/socket-io.ts';

socketIo.batches = SocketBatches.ofProcess(inOneTick, slabPool);

describe.skipIf(socketIo.batches === undefined)('past streams (needs the native addon)', async () => {
  await import('./http1.socket.test.ts');
  await import('./half-open.socket.test.ts');
});
