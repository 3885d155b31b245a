/**
 * HTTPRoute in its internal form, and what the two groups that have one, policy.linkerd.io and the Gateway API, share
 * of its reading.
 */
import { parseGatewayDuration } from '@heddle/names';
import { z } from 'zod';
import type { ReadContext } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import type { ProblemPath } from '../problem.ts';
import { fields, oneOf } from '../schema.ts';
import type { HttpRouteGroup } from './authorization-policy.ts';
import {
  type BackendRef,
  type BackendRefInput,
  backendsFrom,
  headerMatches,
  headerMatchesFrom,
  type ParentRef,
  type ParentRefInput,
  parentsFrom,
  queryMatches,
  queryMatchesFrom,
  type ValueMatch,
} from './route.ts';
import { checkRouteAnnotations } from './route-annotations.ts';
import { type FilterInput, filtersFrom, type RouteFilter } from './route-filters.ts';
import { type PathMatch, pathMatch, pathMatchFrom } from './route-path.ts';

export interface HttpRoute {
  readonly group: HttpRouteGroup;
  readonly kind: 'HTTPRoute';
  readonly metadata: ObjectMeta;
  readonly spec: HttpRouteSpec;
}

export interface HttpRouteSpec {
  readonly parentRefs: readonly ParentRef[];
  /** Exact, or `*.suffix`; lower case. Empty: any host. */
  readonly hostnames: readonly string[];
  readonly rules: readonly HttpRouteRule[];
}

export interface HttpRouteRule {
  readonly name?: string | undefined;
  /** Any of these. Never empty: a rule without matches has the one for the path prefix `/`. */
  readonly matches: readonly HttpRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendRef[];
  /** 0 turns a timeout off. */
  readonly timeouts: { readonly requestMs?: number | undefined; readonly backendRequestMs?: number | undefined };
}

/** All parts that are present must match. */
export interface HttpRouteMatch {
  readonly path?: PathMatch | undefined;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  readonly method?: string | undefined;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;

/** `rules[].matches`; a list that is absent means one match, of every path. */
export const httpMatches = (maxMatches: number) =>
  z
    .array(
      fields({
        path: pathMatch().optional(),
        headers: headerMatches(),
        queryParams: queryMatches(),
        method: oneOf('an HTTP method', methods).optional(),
      }),
    )
    .max(maxMatches)
    .optional();

/** `rules[].timeouts` (GEP-1742). */
export const timeouts = () =>
  fields({ request: z.string().max(64).optional(), backendRequest: z.string().max(64).optional() }).optional();

/** What the schemas of both groups and all versions let through. */
export interface HttpRouteInput {
  readonly spec: {
    readonly parentRefs?: readonly ParentRefInput[] | undefined;
    readonly hostnames?: readonly string[] | undefined;
    readonly rules?: readonly RuleInput[] | undefined;
  };
}

interface RuleInput {
  readonly name?: string | undefined;
  readonly matches?: z.output<ReturnType<typeof httpMatches>>;
  readonly filters?: readonly FilterInput[] | undefined;
  readonly backendRefs?: readonly BackendRefInput[] | undefined;
  readonly timeouts?: z.output<ReturnType<typeof timeouts>>;
}

/** Reads a route. The Gateway API is stricter than Linkerd's own group: what is a warning here is an error there. */
export const httpRouteSpecFrom = (
  { spec }: HttpRouteInput,
  isGateway: boolean,
  context: ReadContext,
): HttpRouteSpec => {
  const parentRefs = parentsFrom(spec.parentRefs, context);
  checkRouteAnnotations(parentRefs, context);
  // Both schemas say that a route without rules has one that takes every request.
  const rules = spec.rules ?? [{}];
  return {
    parentRefs,
    hostnames: spec.hostnames ?? [],
    rules: rules.map((rule, index) => ruleFrom(rule, isGateway, ['spec', 'rules', index], context)),
  };
};

const ruleFrom = (input: RuleInput, isGateway: boolean, path: ProblemPath, context: ReadContext): HttpRouteRule => {
  const inputs = input.matches === undefined || input.matches.length === 0 ? [{ path: anyPath }] : input.matches;
  const rule: HttpRouteRule = {
    name: input.name,
    matches: inputs.map((match, index) => matchFrom(match, isGateway, [...path, 'matches', index], context)),
    filters: filtersFrom(input.filters, [...path, 'filters'], context),
    backendRefs: backendsFrom(input.backendRefs, isGateway, [...path, 'backendRefs'], context),
    timeouts: timeoutsFrom(input.timeouts, [...path, 'timeouts'], context),
  };
  checkFilters(rule, isGateway, path, context);
  return rule;
};

const anyPath = { type: 'PathPrefix', value: '/' } as const;

const matchFrom = (
  match: NonNullable<RuleInput['matches']>[number],
  isGateway: boolean,
  path: ProblemPath,
  context: ReadContext,
): HttpRouteMatch => ({
  path: match.path && pathMatchFrom(match.path, isGateway, [...path, 'path'], context),
  headers: headerMatchesFrom(match.headers, [...path, 'headers'], context),
  queryParams: queryMatchesFrom(match.queryParams, [...path, 'queryParams'], context),
  method: match.method,
});

const timeoutsFrom = (
  input: RuleInput['timeouts'],
  path: ProblemPath,
  context: ReadContext,
): HttpRouteRule['timeouts'] => {
  const read = (field: 'request' | 'backendRequest'): number | undefined => {
    const text = input?.[field];
    if (text === undefined) return undefined;
    const duration = parseGatewayDuration(text);
    if (duration.kind === 'ok') return duration.value;
    context.fail([...path, field], duration.message);
    return undefined;
  };
  const requestMs = read('request');
  const backendRequestMs = read('backendRequest');
  if (requestMs !== undefined && requestMs !== 0 && backendRequestMs !== undefined && backendRequestMs > requestMs) {
    context.fail(
      [...path, 'backendRequest'],
      `${input?.backendRequest} is longer than the whole request may take, ${input?.request}; lower it or raise request`,
    );
  }
  return { requestMs, backendRequestMs };
};

/** What the filters of a rule must be to each other and to its matches. */
const checkFilters = (rule: HttpRouteRule, isGateway: boolean, path: ProblemPath, context: ReadContext): void => {
  const report = isGateway ? context.fail : context.warn;
  const at = [...path, 'filters'];
  const kinds = rule.filters.map(({ kind }) => kind);
  const repeated = kinds.find((kind, index) => kind !== 'unsupported' && kinds.indexOf(kind) !== index);
  if (repeated !== undefined) report(at, 'has two filters of one type; join them into one');
  if (kinds.includes('redirect') && kinds.includes('urlRewrite')) {
    report(at, 'has a RequestRedirect and a URLRewrite, which exclude each other; keep one');
  }
  if (kinds.includes('redirect') && rule.backendRefs.length > 0) {
    report([...path, 'backendRefs'], 'a rule that redirects sends nothing to backends; remove them or the redirect');
  }
  const replacesPrefix = rule.filters.some(
    (filter) => (filter.kind === 'redirect' || filter.kind === 'urlRewrite') && filter.path?.kind === 'prefix',
  );
  if (replacesPrefix && !rule.matches.every((match) => match.path?.kind === 'prefix')) {
    report(at, 'ReplacePrefixMatch needs every match of the rule to be of a path prefix; other requests answer 500');
  }
};
