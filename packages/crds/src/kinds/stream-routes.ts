/** TCPRoute and TLSRoute of the Gateway API: where connections go that leave a workload (features §2.6, §2.7). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, type VersionDefinition, version } from '../definition.ts';
import { objectName } from '../metadata.ts';
import type { ObjectMeta } from '../object.ts';
import { fields, portNumber } from '../schema.ts';
import { apiGroup, kindText, namespaceText } from './references.ts';
import {
  type BackendRef,
  backendsFrom,
  hostnames,
  type ParentRef,
  parentRefs,
  parentsFrom,
  ruleName,
} from './route.ts';
import { routeStatus } from './status.ts';

export interface TcpRoute {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'TCPRoute';
  readonly metadata: ObjectMeta;
  readonly spec: StreamRouteSpec;
}

export interface TlsRoute {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'TLSRoute';
  readonly metadata: ObjectMeta;
  readonly spec: StreamRouteSpec;
}

export interface StreamRouteSpec {
  readonly parentRefs: readonly ParentRef[];
  /** Names that a client asks for (SNI); empty: any. Always empty for TCP. */
  readonly hostnames: readonly string[];
  /** Of the one rule that such a route has. */
  readonly backendRefs: readonly BackendRef[];
}

const group = 'gateway.networking.k8s.io';

const backendRef = fields({
  group: apiGroup().default(''),
  kind: kindText().default('Service'),
  name: objectName().describe('the Service that takes the connections'),
  namespace: namespaceText().optional(),
  port: portNumber().optional(),
  weight: z.int().min(0).max(1_000_000).default(1),
});

const spec = {
  parentRefs: parentRefs(group),
  rules: z.array(fields({ name: ruleName(), backendRefs: z.array(backendRef).max(16).optional() })).max(16),
  useDefaultGateways: z.enum(['All', 'None']).optional(),
};

const tcpSchema = fields({ spec: fields(spec), status: routeStatus().optional() });
const tlsSchema = fields({ spec: fields({ ...spec, hostnames: hostnames() }), status: routeStatus().optional() });

const bodyFrom = (
  { spec }: z.output<typeof tlsSchema> | z.output<typeof tcpSchema>,
  context: ReadContext,
): { readonly spec: StreamRouteSpec } => {
  const [rule, ...more] = spec.rules;
  if (rule === undefined || more.length > 0) {
    context.fail(['spec', 'rules'], `has ${spec.rules.length} rules; a route of connections has exactly one`);
  }
  return {
    spec: {
      parentRefs: parentsFrom(spec.parentRefs, context),
      hostnames: ('hostnames' in spec ? spec.hostnames : undefined) ?? [],
      backendRefs: backendsFrom(rule?.backendRefs, true, ['spec', 'rules', 0, 'backendRefs'], context),
    },
  };
};

const versions = (
  schema: typeof tcpSchema | typeof tlsSchema,
  names: readonly string[],
): readonly VersionDefinition<{ readonly spec: StreamRouteSpec }>[] =>
  names.map((name) => version(name, schema, bodyFrom));

export const tcpRouteDefinition: ResourceDefinition<TcpRoute> = {
  group,
  kind: 'TCPRoute',
  versions: versions(tcpSchema, ['v1alpha2']),
};

export const tlsRouteDefinition: ResourceDefinition<TlsRoute> = {
  group,
  kind: 'TLSRoute',
  versions: versions(tlsSchema, ['v1alpha2', 'v1alpha3', 'v1']),
};
