/** What the inbound side of the proxy is made of; put together in `run.ts`. */
import type { Clock, DeadlineSweeper } from '@heddle/runtime';
import type { AccessLog, Logger, Sampler } from '@heddle/telemetry';
import type { SocketBatches } from '@heddle/transport';
import type { InFlight } from '../http/in-flight.ts';
import type { HttpLimits } from '../http/limits.ts';
import type { ProxyMetrics } from '../metrics.ts';
import type { Applications } from './application.ts';

export interface InboundDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly sweeper: DeadlineSweeper;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
  /** Bounds the log lines about denials. */
  readonly denialSampler: Sampler;
  readonly accessLog: AccessLog | undefined;
  readonly limits: HttpLimits;
  /** Absent: plain sockets are read and written by their streams. */
  readonly batches?: SocketBatches | undefined;
  readonly applications: Applications;
  /** Bounds requests that wait for a response head. */
  readonly inFlight: InFlight;
}
