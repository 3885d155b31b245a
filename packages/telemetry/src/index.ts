/** What processes tell about themselves. Control-plane apps take their metrics from `@heddle/telemetry/prom`. */
export { type AccessEntry, type AccessFormat, AccessLog, type AccessMessage } from './access-log.ts';
export type { CounterCell, GaugeCell, HistogramCell } from './cells.ts';
export type { LabelValues, MetricFamily } from './family.ts';
export { LeaseScope } from './lease-scope.ts';
export { LineWriter } from './line-writer.ts';
export { createLogger, type Logger, type LogLevel, type LogOptions, logLevels } from './log.ts';
export { metricsHandler } from './metrics-handler.ts';
export { addProcessMetrics } from './process-metrics.ts';
export { type CounterFamily, type GaugeFamily, type HistogramFamily, MetricRegistry } from './registry.ts';
export { Sampler } from './sampler.ts';
