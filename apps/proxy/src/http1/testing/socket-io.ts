/** How the HTTP/1 connections under test read and write: by streams, or past them. */
import type { SocketBatches } from '@heddle/transport';

export const socketIo: { batches: SocketBatches | undefined } = { batches: undefined };
