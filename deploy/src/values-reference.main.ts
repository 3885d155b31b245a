/**
 * Writes what follows from a chart's values.yaml: values.schema.json of each chart, and docs/reference/chart-values.md;
 * and stamps the version of the product into the control plane's chart.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readValuesFile } from './values/values-file.ts';
import { pageFrom } from './values/values-page.ts';
import { schemaFrom } from './values/values-schema.ts';

const root = join(import.meta.dirname, '../..');
const chart = join(root, 'deploy/charts/heddle-control-plane');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const documented = readValuesFile(readFileSync(join(chart, 'values.yaml'), 'utf8'));

const metadata = readFileSync(join(chart, 'Chart.yaml'), 'utf8');
writeFileSync(join(chart, 'Chart.yaml'), metadata.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`));
const schema = schemaFrom('Values of heddle-control-plane', documented);
writeFileSync(join(chart, 'values.schema.json'), `${JSON.stringify(schema, undefined, 2)}\n`);
writeFileSync(
  join(root, 'docs/reference/chart-values.md'),
  pageFrom(
    'Values of the chart heddle-control-plane',
    [
      'Generated from `deploy/charts/heddle-control-plane/values.yaml`. How to install: [docs/install.md](../install.md).',
      "Names and meanings are those of Linkerd's chart wherever Heddle has the same thing. A value that is not in this list, or of another type, is refused by Helm.",
    ].join('\n\n'),
    documented,
  ),
);
