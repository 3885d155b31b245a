/** GRPCRoute of the Gateway API (v1). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { type ProblemPath, quote } from '../problem.ts';
import { fields, oneOf } from '../schema.ts';
import {
  type BackendRef,
  backendRefs,
  backendsFrom,
  headerMatches,
  headerMatchesFrom,
  hostnames,
  type ParentRef,
  parentRefs,
  parentsFrom,
  ruleName,
  sessionPersistence,
  type ValueMatch,
} from './route.ts';
import { checkRouteAnnotations } from './route-annotations.ts';
import { filtersFrom, gatewayGrpcFilter, type RouteFilter } from './route-filters.ts';
import { checkRegex } from './route-path.ts';
import { routeStatus } from './status.ts';

export interface GrpcRoute {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'GRPCRoute';
  readonly metadata: ObjectMeta;
  readonly spec: GrpcRouteSpec;
}

export interface GrpcRouteSpec {
  readonly parentRefs: readonly ParentRef[];
  readonly hostnames: readonly string[];
  readonly rules: readonly GrpcRouteRule[];
}

export interface GrpcRouteRule {
  readonly name?: string | undefined;
  /** Any of these; empty matches every call. */
  readonly matches: readonly GrpcRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendRef[];
}

export interface GrpcRouteMatch {
  /** An absent part matches any service or any method. */
  readonly method?:
    | {
        readonly kind: 'exact' | 'regex';
        readonly service?: string | undefined;
        readonly method?: string | undefined;
      }
    | undefined;
  readonly headers: readonly ValueMatch[];
}

const group = 'gateway.networking.k8s.io';

const match = fields({
  method: fields({
    type: oneOf('a match type', ['Exact', 'RegularExpression']).default('Exact'),
    service: z.string().max(1024).optional(),
    method: z.string().max(1024).optional(),
  }).optional(),
  headers: headerMatches(),
});

const rule = fields({
  name: ruleName(),
  matches: z.array(match).max(64).optional(),
  filters: z.array(gatewayGrpcFilter()).max(16).optional(),
  backendRefs: backendRefs(gatewayGrpcFilter()),
  sessionPersistence: sessionPersistence(),
});

const schema = fields({
  spec: fields({
    parentRefs: parentRefs(group),
    hostnames: hostnames(),
    rules: z.array(rule).max(16).optional(),
    useDefaultGateways: z.enum(['All', 'None']).optional(),
  }),
  status: routeStatus().optional(),
});

const namePatterns = { service: /^\.?[a-z_]\w*(\.[a-z_]\w*)*$/i, method: /^[A-Za-z_]\w*$/ } as const;

const methodFrom = (
  input: z.output<typeof match>['method'],
  path: ProblemPath,
  context: ReadContext,
): GrpcRouteMatch['method'] => {
  if (input === undefined) return undefined;
  const { type, service, method } = input;
  if ((service ?? '') === '' && (method ?? '') === '') {
    context.fail(path, 'names neither a service nor a method; name one of them, or remove it to match every call');
  }
  for (const field of ['service', 'method'] as const) {
    const name = input[field];
    if (name === undefined || name === '') continue;
    if (type === 'RegularExpression') checkRegex(name, [...path, field], context);
    else if (!namePatterns[field].test(name)) {
      const form = field === 'service' ? 'package.Service, without slashes' : 'the bare name, without slashes';
      context.fail([...path, field], `${quote(name)} is not a gRPC ${field} name; write ${form}`);
    }
  }
  if (type === 'RegularExpression') {
    context.warn([...path, 'type'], 'regular expressions of gRPC methods cannot be enforced: this match never holds');
  }
  return { kind: type === 'Exact' ? 'exact' : 'regex', service: service || undefined, method: method || undefined };
};

const ruleFrom = (input: z.output<typeof rule>, path: ProblemPath, context: ReadContext): GrpcRouteRule => ({
  name: input.name,
  matches: (input.matches ?? []).map((match, index) => ({
    method: methodFrom(match.method, [...path, 'matches', index, 'method'], context),
    headers: headerMatchesFrom(match.headers, [...path, 'matches', index, 'headers'], context),
  })),
  filters: filtersFrom(input.filters, [...path, 'filters'], context),
  backendRefs: backendsFrom(input.backendRefs, true, [...path, 'backendRefs'], context),
});

export const grpcRouteDefinition: ResourceDefinition<GrpcRoute> = {
  group,
  kind: 'GRPCRoute',
  versions: [
    version('v1', schema, ({ spec }, context) => {
      const parentRefs = parentsFrom(spec.parentRefs, context);
      checkRouteAnnotations(parentRefs, context);
      const rules = (spec.rules ?? [{}]).map((rule, index) => ruleFrom(rule, ['spec', 'rules', index], context));
      return { spec: { parentRefs, hostnames: spec.hostnames ?? [], rules } };
    }),
  ],
};
