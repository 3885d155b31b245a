/** Writes the chart of the CustomResourceDefinitions: one file each, from the schemas of `crds`. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { customResourceDefinitions } from '@heddle/crds';
import { stringify } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const chart = join(root, 'deploy/charts/heddle-crds');
const templates = join(chart, 'templates');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

mkdirSync(templates, { recursive: true });
for (const old of readdirSync(templates)) rmSync(join(templates, old));
for (const definition of customResourceDefinitions()) {
  const { name } = definition['metadata'] as { name: string };
  writeFileSync(
    join(templates, `${name}.yaml`),
    `# Generated from packages/crds; \`pnpm generate\` writes it.\n${stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0 })}`,
  );
}
writeFileSync(
  join(chart, 'Chart.yaml'),
  stringify({
    apiVersion: 'v2',
    name: 'heddle-crds',
    description: 'The custom resources of the Heddle service mesh',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.29.0-0',
  }),
);
// There is nothing to set: a value is a mistake, or meant for another chart.
const schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false };
writeFileSync(join(chart, 'values.schema.json'), `${JSON.stringify(schema, undefined, 2)}\n`);
writeFileSync(join(chart, 'values.yaml'), '# There is nothing to set.\n{}\n');
