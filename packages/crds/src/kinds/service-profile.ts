/** ServiceProfile of linkerd.io: the older, per-authority routes and retries (features §3.10). */
import { parseDuration } from '@heddle/names';
import { z } from 'zod';
import { type BodyOf, type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { type ProblemPath, quote } from '../problem.ts';
import { checkAgainst, fields } from '../schema.ts';
import { checkRegex } from './route-path.ts';

export interface ServiceProfile {
  readonly group: 'linkerd.io';
  readonly kind: 'ServiceProfile';
  readonly metadata: ObjectMeta;
  readonly spec: ServiceProfileSpec;
}

export interface ServiceProfileSpec {
  readonly routes: readonly {
    readonly name: string;
    readonly condition: RequestCondition;
    readonly responseClasses: readonly { readonly condition: ResponseCondition; readonly isFailure: boolean }[];
    readonly isRetryable: boolean;
    readonly timeoutMs?: number | undefined;
  }[];
  readonly retryBudget?:
    | { readonly retryRatio: number; readonly minRetriesPerSecond: number; readonly ttlMs: number }
    | undefined;
  readonly dstOverrides: readonly { readonly authority: string; readonly weight: number }[];
  /** Inclusive ranges. */
  readonly opaquePorts: readonly { readonly from: number; readonly to: number }[];
}

export type RequestCondition =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly RequestCondition[] }
  | { readonly kind: 'not'; readonly condition: RequestCondition }
  | { readonly kind: 'path'; readonly regex: string }
  | { readonly kind: 'method'; readonly method: string };

export type ResponseCondition =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly ResponseCondition[] }
  | { readonly kind: 'not'; readonly condition: ResponseCondition }
  /** Inclusive. */
  | { readonly kind: 'status'; readonly min: number; readonly max: number };

/** A condition inside a condition: checked when it is read, since a structural schema cannot refer to itself. */
const nested = () => z.looseObject({});

const combinators = () => ({
  all: z.array(nested()).optional(),
  any: z.array(nested()).optional(),
  not: nested().optional(),
});

const requestCondition = fields({
  pathRegex: z.string().min(1).max(1024).optional(),
  method: z.string().min(1).max(32).optional(),
  ...combinators(),
});

const statusCode = () => z.int().min(100).max(599).optional();

const responseCondition = fields({
  status: fields({ min: statusCode(), max: statusCode() }).optional(),
  ...combinators(),
});

const route = fields({
  name: z.string().min(1).max(1024).describe('the name of the route'),
  condition: requestCondition.describe('which requests belong to the route'),
  responseClasses: z
    .array(fields({ condition: responseCondition.describe('which responses'), isFailure: z.boolean().optional() }))
    .optional(),
  isRetryable: z.boolean().optional(),
  timeout: z.string().max(64).optional(),
});

const weightText = ({ input }: { readonly input?: unknown }): string | undefined =>
  input === undefined ? undefined : `${quote(input)} is not a weight; use a number, or 500m for a half`;

const weight = z.union([z.number().min(0), z.string().regex(/^\d{1,9}m?$/, { error: weightText })], {
  error: weightText,
});

const rest = {
  retryBudget: fields({
    retryRatio: z.number().min(0).describe('retries per request, 0.2 for one in five'),
    minRetriesPerSecond: z.int().min(0).describe('retries that are always allowed'),
    ttl: z.string().max(64).describe('for how long requests count, such as 10s'),
  }).optional(),
  dstOverrides: z
    .array(
      fields({
        authority: z.string().min(1).max(512).describe('where the traffic goes'),
        weight: weight.describe('its share'),
      }),
    )
    .optional(),
  opaquePorts: z.array(z.union([z.int().min(1).max(65535), z.string().max(16)])).optional(),
};

const alpha1 = fields({ spec: fields({ routes: z.array(route).describe('the routes of the service'), ...rest }) });
const alpha2 = fields({ spec: fields({ routes: z.array(route).optional(), ...rest }) });

type Input = z.output<typeof alpha2>;

/** The conditions of an object, which must all hold: several fields side by side are an `all`. */
const joined = <C>(
  parts: readonly C[],
  path: ProblemPath,
  context: ReadContext,
): C | { kind: 'all'; conditions: readonly C[] } => {
  if (parts.length === 0) context.fail(path, 'is empty; name at least one condition');
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : { kind: 'all', conditions: parts };
};

/** Reads the conditions below `all`, `any` and `not` by means of `read`. */
const combined = <C>(
  input: z.output<z.ZodObject<ReturnType<typeof combinators>>>,
  read: (value: unknown, path: ProblemPath) => C[],
  path: ProblemPath,
) => {
  const list = (field: 'all' | 'any', values: readonly unknown[]) => ({
    kind: field,
    conditions: values.flatMap((value, index) => read(value, [...path, field, index])),
  });
  return [
    ...(input.all ? [list('all', input.all)] : []),
    ...(input.any ? [list('any', input.any)] : []),
    ...(input.not ? read(input.not, [...path, 'not']).map((condition) => ({ kind: 'not' as const, condition })) : []),
  ];
};

const checked = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: ProblemPath,
  context: ReadContext,
): z.output<T>[] => {
  const result = checkAgainst(schema, value, path);
  if (result.kind === 'valid') return [result.value];
  for (const problem of result.problems) context.fail(problem.path, problem.message);
  return [];
};

const requestConditionFrom = (
  input: z.output<typeof requestCondition>,
  path: ProblemPath,
  context: ReadContext,
): RequestCondition => {
  const read = (value: unknown, at: ProblemPath): RequestCondition[] =>
    checked(requestCondition, value, at, context).map((inner) => requestConditionFrom(inner, at, context));
  const parts: RequestCondition[] = combined(input, read, path);
  if (input.pathRegex !== undefined) {
    checkRegex(input.pathRegex, [...path, 'pathRegex'], context);
    parts.push({ kind: 'path', regex: input.pathRegex });
  }
  if (input.method !== undefined) parts.push({ kind: 'method', method: input.method });
  return joined(parts, path, context);
};

const responseConditionFrom = (
  input: z.output<typeof responseCondition>,
  path: ProblemPath,
  context: ReadContext,
): ResponseCondition => {
  const read = (value: unknown, at: ProblemPath): ResponseCondition[] =>
    checked(responseCondition, value, at, context).map((inner) => responseConditionFrom(inner, at, context));
  const parts: ResponseCondition[] = combined(input, read, path);
  if (input.status !== undefined) {
    const { min = 100, max = 599 } = input.status;
    if (min > max) context.fail([...path, 'status', 'min'], `${min} is above max, ${max}`);
    parts.push({ kind: 'status', min, max });
  }
  return joined(parts, path, context);
};

const durationFrom = (text: string, path: ProblemPath, context: ReadContext): number => {
  const duration = parseDuration(text);
  if (duration.kind === 'ok') return duration.value;
  context.fail(path, duration.message);
  return 0;
};

const portRange = /^(\d{1,5})(?:-(\d{1,5}))?$/;

const opaquePortsFrom = (ports: NonNullable<Input['spec']['opaquePorts']>, context: ReadContext) =>
  ports.map((port, index) => {
    const [, first, last = first] = portRange.exec(String(port)) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from >= 1 && from <= to && to <= 65535)) {
      context.fail(
        ['spec', 'opaquePorts', index],
        `${quote(port)} is not a port; use a number or a range such as 8000-8010`,
      );
    }
    return { from, to };
  });

const bodyFrom = ({ spec }: Input, context: ReadContext): BodyOf<ServiceProfile> => ({
  spec: {
    routes: (spec.routes ?? []).map((route, index) => {
      const path = ['spec', 'routes', index];
      return {
        name: route.name,
        condition: requestConditionFrom(route.condition, [...path, 'condition'], context),
        responseClasses: (route.responseClasses ?? []).map(({ condition, isFailure = false }, position) => ({
          condition: responseConditionFrom(condition, [...path, 'responseClasses', position, 'condition'], context),
          isFailure,
        })),
        isRetryable: route.isRetryable ?? false,
        timeoutMs: route.timeout === undefined ? undefined : durationFrom(route.timeout, [...path, 'timeout'], context),
      };
    }),
    retryBudget: spec.retryBudget && {
      retryRatio: spec.retryBudget.retryRatio,
      minRetriesPerSecond: spec.retryBudget.minRetriesPerSecond,
      ttlMs: durationFrom(spec.retryBudget.ttl, ['spec', 'retryBudget', 'ttl'], context),
    },
    dstOverrides: (spec.dstOverrides ?? []).map(({ authority, weight }) => ({ authority, weight: weightFrom(weight) })),
    opaquePorts: opaquePortsFrom(spec.opaquePorts ?? [], context),
  },
});

/** A Kubernetes quantity: `500m` is a half. */
const weightFrom = (weight: number | string): number => {
  if (typeof weight === 'number') return weight;
  return weight.endsWith('m') ? Number(weight.slice(0, -1)) / 1000 : Number(weight);
};

export const serviceProfileDefinition: ResourceDefinition<ServiceProfile> = {
  group: 'linkerd.io',
  kind: 'ServiceProfile',
  versions: [version('v1alpha1', alpha1, bodyFrom), version('v1alpha2', alpha2, bodyFrom)],
};
