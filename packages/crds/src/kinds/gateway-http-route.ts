/** HTTPRoute of the Gateway API (v1 and v1beta1, which are one schema). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import { fields } from '../schema.ts';
import { type HttpRoute, httpMatches, httpRouteSpecFrom, timeouts } from './http-route.ts';
import { backendRefs, hostnames, parentRefs, ruleName, sessionPersistence } from './route.ts';
import { gatewayHttpFilter } from './route-filters.ts';
import { routeStatus } from './status.ts';

const group = 'gateway.networking.k8s.io';

/** GEP-1731; experimental in the Gateway API. */
const retry = () =>
  fields({
    codes: z.array(z.int().min(400).max(599)).optional(),
    attempts: z.int().min(0).optional(),
    backoff: z.string().max(64).optional(),
  }).optional();

const rule = fields({
  name: ruleName(),
  matches: httpMatches(64),
  filters: z.array(gatewayHttpFilter()).max(16).optional(),
  backendRefs: backendRefs(gatewayHttpFilter()),
  timeouts: timeouts(),
  retry: retry(),
  sessionPersistence: sessionPersistence(),
});

const schema = fields({
  spec: fields({
    parentRefs: parentRefs(group),
    hostnames: hostnames(),
    rules: z.array(rule).min(1).max(16).optional(),
    useDefaultGateways: z.enum(['All', 'None']).optional(),
  }),
  status: routeStatus().optional(),
});

const maxMatchesOfRoute = 128;

const bodyFrom = (object: z.output<typeof schema>, context: ReadContext): Pick<HttpRoute, 'spec'> => {
  const rules = object.spec.rules ?? [];
  const count = rules.reduce((sum, { matches = [] }) => sum + matches.length, 0);
  if (count > maxMatchesOfRoute) {
    context.fail(['spec', 'rules'], `have ${count} matches in all; at most ${maxMatchesOfRoute}; split the route`);
  }
  for (const [index, { retry, sessionPersistence }] of rules.entries()) {
    const ignored = Object.entries({ retry, sessionPersistence }).filter(([, value]) => value !== undefined);
    for (const [field] of ignored)
      context.warn(['spec', 'rules', index, field], 'is not supported by the mesh and has no effect');
  }
  return { spec: httpRouteSpecFrom(object, true, context) };
};

export const gatewayHttpRouteDefinition: ResourceDefinition<HttpRoute> = {
  group,
  kind: 'HTTPRoute',
  versions: [version('v1beta1', schema, bodyFrom), version('v1', schema, bodyFrom)],
};
