/**
 * Objects of Kubernetes itself are read with tolerance: fields we do not know are skipped, and nulls, which generators
 * and API servers write freely, count as absent. What we do read must have its type.
 */
import type { z } from 'zod';
import { type ReadContext, type VersionDefinition, version } from '../definition.ts';
import { checkAgainst } from '../schema.ts';

/**
 * Like `version`, tolerant of nulls. The schema should be made of plain `z.object`s, which skip unknown fields. Only an
 * object that does not fit as it is is read again without its nulls: most have none where we look, and there are many.
 */
export const coreVersion = <Schema extends z.ZodType, Body>(
  name: string,
  schema: Schema,
  normalise: (object: z.output<Schema>, context: ReadContext) => Body | undefined,
): VersionDefinition<Body> => {
  const strict = version(name, schema, normalise);
  return {
    ...strict,
    read: (object, context) => {
      const asIs = checkAgainst(schema, object, []);
      return asIs.kind === 'valid' ? normalise(asIs.value, context) : strict.read(withoutNulls(object), context);
    },
  };
};

/** Drops null fields, at any depth; the caller has bounded it. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)]));
};
