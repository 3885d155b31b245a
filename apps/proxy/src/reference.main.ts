/** Writes docs/reference/proxy.md from the proxy's own tables: what it answers by itself, and the metrics it exports. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricRegistry } from '@heddle/telemetry';
import { refusals } from './http/refusal.ts';
import { declareMetrics } from './metrics.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

const errors = table(
  ['Code', 'HTTP', 'gRPC', 'Closes the connection', 'Label `error`', 'Text in `l5d-proxy-error`'],
  refusals.map(({ code, status, grpc, closes, error, text }) => [
    code,
    String(status),
    String(grpc),
    closes ? 'yes' : 'no',
    error === '' ? '' : `\`${error}\``,
    text,
  ]),
);

const metrics = table(
  ['Metric', 'Kind', 'Labels', 'What it counts'],
  Object.values(declareMetrics(new MetricRegistry())).map(({ name, kind, labelNames, help }) => [
    `\`${name}\``,
    kind,
    labelNames.map((label) => `\`${label}\``).join(' '),
    help,
  ]),
);

writeFileSync(
  join(import.meta.dirname, '../../../docs/reference/proxy.md'),
  `# The proxy: answers and metrics

Generated from the tables in \`apps/proxy/src/http/refusal.ts\` and \`apps/proxy/src/metrics.ts\`; \`pnpm generate\` writes it.

## What the proxy answers by itself

An HTTP client gets the status, with no body. A gRPC client gets HTTP 200 with the gRPC status. The text is shown to clients with a mesh identity only.

${errors}

## Metrics

On the admin port at \`/metrics\`, in the Prometheus text format.

${metrics}
`,
);
