/** From any value to an object of the mesh in its internal form, or to a list of what is wrong with it. */
import type { KubernetesObject } from './core/index.ts';
import { collectProblems } from './definition.ts';
import { groupOf, type MetadataDefaults, parseMetadata } from './metadata.ts';
import { type Problem, type ProblemPath, quote } from './problem.ts';
import { lookUp } from './registry.ts';

export interface ParseOptions {
  /** What an object's manifest may leave open. */
  readonly defaults: MetadataDefaults;
  /** Says why a regular expression cannot be used, if so; whoever matches with it knows. */
  readonly checkRegex: (pattern: string) => string | undefined;
}

export type ParseResult =
  /** The problems are warnings. */
  | { readonly kind: 'object'; readonly object: KubernetesObject; readonly problems: readonly Problem[] }
  /** An object of a kind that the mesh does not read. */
  | { readonly kind: 'ignored'; readonly message: string }
  /** At least one error, and the warnings beside it. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** No object of Kubernetes is nested deeper; the schemas recurse as deep as the value does. */
const maxDepth = 64;

/**
 * Reads one object of any served version. Total: whatever `value` is, the answer is a value. Unknown kinds and, in our
 * own resources, unknown fields are errors.
 */
export const parseObject = (value: unknown, options: ParseOptions): ParseResult => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid([], `${quote(value)} is not a Kubernetes object; write apiVersion, kind, metadata and spec`);
  }
  if (isDeeperThan(value, maxDepth)) return invalid([], `the object is nested deeper than ${maxDepth} levels`);
  const { apiVersion, kind, metadata, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof apiVersion !== 'string')
    return invalid(['apiVersion'], wrongText(apiVersion, 'policy.linkerd.io/v1beta3'));
  if (typeof kind !== 'string') return invalid(['kind'], wrongText(kind, 'Server'));
  const group = groupOf(apiVersion);
  const found = lookUp(group, apiVersion.slice(group === '' ? 0 : group.length + 1), kind);
  if (found.kind === 'ignored') return found;
  if (found.kind === 'unknown') return invalid([found.field], found.message);
  const meta = parseMetadata(metadata, found.definition.isClusterScoped !== true, options.defaults);
  if (meta.kind === 'invalid') return meta;
  const { problems, fail, warn } = collectProblems();
  const body = found.version.read(rest, { metadata: meta.value, checkRegex: options.checkRegex, fail, warn });
  if (body === undefined || problems.some(({ severity }) => severity === 'error')) return { kind: 'invalid', problems };
  // The definition found by this group and kind made the body, so the parts belong together.
  const object = { group, kind, metadata: meta.value, ...body } as KubernetesObject;
  return { kind: 'object', object, problems };
};

const invalid = (path: ProblemPath, message: string): ParseResult => ({
  kind: 'invalid',
  problems: [{ severity: 'error', path, message }],
});

const wrongText = (value: unknown, example: string): string =>
  value === undefined ? `is required, such as ${example}` : `${quote(value)} is not text; write it such as ${example}`;

/** Goes no deeper than the limit, so that the depth of the value does not become the depth of the stack. */
const isDeeperThan = (value: object, limit: number): boolean => {
  if (limit < 0) return true;
  for (const name in value) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof field === 'object' && field !== null && isDeeperThan(field, limit - 1)) return true;
  }
  return false;
};
