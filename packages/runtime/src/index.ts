/** What every process needs around its own job: time, tasks, configuration, start and end, the admin port. */
export { type AdminHandler, type AdminOptions, type AdminPeer, AdminServer } from './admin-server.ts';
export { Backoff, type BackoffPolicy, controlPlaneBackoff } from './backoff.ts';
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
export { Drain, type Hold } from './drain.ts';
export { ConfigError, EnvironmentReader, expected, type Parsed, parsed, type TextParser } from './environment.ts';
export { releaseMemoryWhenIdle } from './idle-memory.ts';
export { everyAddress, reachableLoopbacks } from './ipv6.ts';
export { ListenError } from './listen-error.ts';
export { type RunningServer, runProcess, type ServerProcess, serveUntilEnd, terminationSignal } from './process.ts';
export { DeadlineSweeper, type Sweepable } from './sweeper.ts';
export { type TaskFailure, TaskScope } from './task-scope.ts';
export {
  durationMs,
  flag,
  hostAndPort,
  integer,
  listOf,
  oneOf,
  ports,
  type SocketAddressText,
  socketAddress,
  text,
} from './text-parsers.ts';
export { version } from './version.ts';
export { type ReadableCell, type Unsubscribe, WatchCell } from './watch-cell.ts';
