/** Counts one TCP connection: opened, open, closed, and its bytes, which are read off the socket now and then. */
import type { Socket } from 'node:net';
import type { Clock, DeadlineSweeper, Sweepable } from '@heddle/runtime';
import { LeaseScope } from '@heddle/telemetry';
import { transferredBytes } from '@heddle/transport';
import type { ProxyMetrics } from '../metrics.ts';
import { whenClosed } from '../tcp/closed.ts';

export interface MeterOptions {
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
  readonly sweeper: DeadlineSweeper;
  readonly labels: Readonly<Record<string, string | undefined>>;
}

/** Meters `socket`, the one below any TLS, until it closes. */
export const meterConnection = (socket: Socket, options: MeterOptions): void => {
  const { metrics, clock, sweeper, labels } = options;
  const scope = new LeaseScope();
  const read = scope.cell(metrics.tcpRead, labels);
  const written = scope.cell(metrics.tcpWritten, labels);
  const open = scope.cell(metrics.tcpOpen, labels);
  let readBefore = 0;
  let writtenBefore = 0;
  let errno = '';
  const meter: Sweepable = {
    sweep: () => {
      const transferred = transferredBytes(socket);
      read.add(transferred.read - readBefore);
      written.add(transferred.written - writtenBefore);
      readBefore = transferred.read;
      writtenBefore = transferred.written;
    },
  };
  scope.cell(metrics.tcpOpened, labels).add();
  open.add(1);
  sweeper.add(meter);
  socket.on('error', (error) => {
    errno = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  });
  whenClosed(socket, () => {
    const nowMs = clock.nowMs();
    sweeper.remove(meter);
    meter.sweep(nowMs);
    open.add(-1);
    scope.cell(metrics.tcpClosed, { ...labels, errno }).add();
    scope.end(nowMs);
  });
};
