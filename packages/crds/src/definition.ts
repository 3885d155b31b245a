/** How a kind of custom resource is defined: its served versions, their schemas, and the way to the internal form. */
import type { z } from 'zod';
import type { ObjectMeta } from './object.ts';
import type { Problem, ProblemPath } from './problem.ts';
import { checkAgainst } from './schema.ts';

/** What reading a resource needs besides the resource. */
export interface ReadContext {
  readonly metadata: ObjectMeta;
  /** Says why a regular expression cannot be used, if so. */
  readonly checkRegex: (pattern: string) => string | undefined;
  /** Reports an error: the resource is refused. */
  readonly fail: (path: ProblemPath, message: string) => void;
  /** Reports a warning: the resource is taken all the same. */
  readonly warn: (path: ProblemPath, message: string) => void;
}

/** One served version of a kind. */
export interface VersionDefinition<Body> {
  readonly name: string;
  /** Everything but apiVersion, kind and metadata. */
  readonly schema: z.ZodType;
  /** From an object to the internal form; undefined when errors were reported. */
  readonly read: (object: unknown, context: ReadContext) => Body | undefined;
}

/** One kind; `Body` is its internal form without group, kind and metadata. */
export interface ResourceDefinition<R extends { readonly group: string; readonly kind: string }> {
  readonly group: R['group'];
  readonly kind: R['kind'];
  /** Absent: the kind lives in namespaces. */
  readonly isClusterScoped?: true;
  readonly versions: readonly VersionDefinition<BodyOf<R>>[];
}

/** Distributes over a union. */
export type BodyOf<R> = R extends unknown ? Omit<R, 'group' | 'kind' | 'metadata'> : never;

/**
 * Ties a schema to the function that turns what the schema lets through into the internal form, reporting what no
 * schema can say (the rules of the admission webhook, features §2.6).
 */
export const version = <Schema extends z.ZodType, Body>(
  name: string,
  schema: Schema,
  normalise: (object: z.output<Schema>, context: ReadContext) => Body | undefined,
): VersionDefinition<Body> => ({
  name,
  schema,
  read: (object, context) => {
    const checked = checkAgainst(schema, object, []);
    if (checked.kind === 'valid') return normalise(checked.value, context);
    for (const problem of checked.problems) context.fail(problem.path, problem.message);
    return undefined;
  },
});

/** Collects what a reader reports. */
export const collectProblems = (): { readonly problems: Problem[] } & Pick<ReadContext, 'fail' | 'warn'> => {
  const problems: Problem[] = [];
  return {
    problems,
    fail: (path, message) => problems.push({ severity: 'error', path, message }),
    warn: (path, message) => problems.push({ severity: 'warning', path, message }),
  };
};
