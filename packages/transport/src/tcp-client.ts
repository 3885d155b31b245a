/** Outgoing TCP connections with a deadline and typed errors. */
import { connect, type Socket } from 'node:net';
import type { Clock } from '@heddle/runtime';
import { TransportError, transportErrorFrom } from './transport-error.ts';

export interface TcpClientOptions {
  /** An IP address, or a name to be resolved by the system. */
  readonly host: string;
  readonly port: number;
  /** Source address to bind; absent: the system's choice. */
  readonly localAddress?: string | undefined;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const keepAliveMs = 10_000;

/**
 * Connects; the socket has no delay (Nagle off), keep-alive on, stays open for writing when the peer ends, and is paused
 * until it is read from.
 * @throws {TransportError} `refused`, `timeout`, `unreachable`, `closed` or `aborted`
 */
export const connectTcp = (options: TcpClientOptions): Promise<Socket> => {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { host, port, localAddress, clock, connectTimeoutMs, signal } = options;
  if (signal?.aborted === true)
    return Promise.reject(new TransportError('aborted', `connect ${host}:${port}: aborted`));
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    allowHalfOpen: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  const settle = (): void => {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  };
  const fail = (error: TransportError): void => {
    settle();
    socket.destroy();
    reject(error);
  };
  const onAbort = (): void => fail(new TransportError('aborted', `connect ${host}:${port}: aborted`));
  const timeout = (): void =>
    fail(new TransportError('timeout', `connect ${host}:${port}: no answer within ${connectTimeoutMs} ms`));
  // In a process that was too busy, the timer comes before the answer that has long been there: look for it once more.
  const timer = clock.after(connectTimeoutMs, () => {
    const last = setImmediate(timeout);
    socket.once('connect', () => clearImmediate(last));
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  // Stays for the life of the socket: an error nobody listens to would end the process.
  socket.on('error', (error) => fail(transportErrorFrom(error, `connect ${host}:${port}`, 'unreachable')));
  socket.once('connect', () => {
    settle();
    resolve(socket);
  });
  return promise;
};
