/** The metrics that every process has: what it is and what it costs (names of the Prometheus client libraries). */
import { readdirSync } from 'node:fs';
import type { MetricRegistry } from './registry.ts';

/** Adds `process_*` gauges and counters and `NAME_build_info{version}`. */
export const addProcessMetrics = (registry: MetricRegistry, name: string, version: string): void => {
  registry.gauge(`${name}_build_info`, 'Version of this process', ['version']).cell({ version }).set(1);
  const cpu = registry.counter('process_cpu_seconds_total', 'User and system CPU time in seconds', []).cell({});
  const rss = registry.gauge('process_resident_memory_bytes', 'Resident memory in bytes', []).cell({});
  const start = registry.gauge('process_start_time_seconds', 'Start, seconds since the epoch', []).cell({});
  const files = registry.gauge('process_open_fds', 'Open file descriptors', []).cell({});
  start.set(performance.timeOrigin / 1000);
  registry.onCollect(() => {
    const usage = process.cpuUsage();
    cpu.value = (usage.user + usage.system) / 1e6;
    rss.set(process.memoryUsage.rss());
    try {
      files.set(readdirSync('/proc/self/fd').length);
    } catch {
      files.set(Number.NaN);
    }
  });
};
