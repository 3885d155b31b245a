/** A values.schema.json from documented values: nothing that is not in values.yaml, and everything of its type. */
import { type DocumentedValue, describedValues } from './values-file.ts';

type Schema = Readonly<Record<string, unknown>>;

const texts = { type: 'object', additionalProperties: { type: 'string' } };
const quantity = { type: ['string', 'number'], description: 'An amount, as in 100m, 0.5 or 64Mi; empty: none' };
const resource = { type: 'object', additionalProperties: false, properties: { limit: quantity, request: quantity } };
const countOrShare = { type: ['integer', 'string'], pattern: '^[0-9]{1,3}%$' };

const definitions = {
  duration: {
    type: 'string',
    description: 'A number and a unit, as in 250ms, 10s, 5m or 24h; or several, as in 1h30m',
    pattern: '^([0-9]{1,12}(ms|s|m|h|d)|([0-9]{1,5}(h|m|s|ms)){1,4})$',
  },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  ports: {
    type: ['string', 'integer'],
    description: 'Ports and ranges, comma-separated, as in 25,4000-4010',
  },
  reference: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { name: { type: 'string', minLength: 1 } },
  },
  texts,
  resources: {
    type: 'object',
    additionalProperties: false,
    properties: { cpu: resource, memory: resource, 'ephemeral-storage': resource },
  },
  selector: {
    type: 'object',
    additionalProperties: false,
    properties: {
      matchLabels: texts,
      matchExpressions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['key', 'operator'],
          additionalProperties: false,
          properties: {
            key: { type: 'string', minLength: 1 },
            operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
            values: { type: 'array', items: { type: 'string' } },
          },
        },
      },
    },
  },
  deploymentStrategy: {
    type: 'object',
    additionalProperties: false,
    properties: {
      type: { enum: ['RollingUpdate', 'Recreate'] },
      rollingUpdate: {
        type: ['object', 'null'],
        additionalProperties: false,
        properties: { maxUnavailable: countOrShare, maxSurge: countOrShare },
      },
    },
  },
};

/** Draft 7, which every Helm that is in use reads. */
export const schemaFrom = (title: string, documented: readonly DocumentedValue[]): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title,
  ...nodeFrom(treeFrom(describedValues(documented))),
  definitions,
});

interface Tree {
  value: DocumentedValue | undefined;
  readonly children: Map<string, Tree>;
}

const treeFrom = (documented: readonly DocumentedValue[]): Tree => {
  const root: Tree = { value: undefined, children: new Map() };
  for (const value of documented) {
    let tree = root;
    for (const key of value.path) {
      const next = tree.children.get(key) ?? { value: undefined, children: new Map() };
      tree.children.set(key, next);
      tree = next;
    }
    tree.value = value;
  }
  return root;
};

const nodeFrom = ({ value, children }: Tree): Schema => {
  if (value !== undefined) {
    const { description, schema } = value;
    return '$ref' in schema || 'const' in schema
      ? { description, ...schema }
      : { description, type: typeOf(value.value), ...schema };
  }
  const properties = Object.fromEntries([...children].map(([key, child]) => [key, nodeFrom(child)]));
  return { type: 'object', additionalProperties: false, properties };
};

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
};
