/** HTTPRoute of policy.linkerd.io: four served versions that grew backends and timeouts (features §3.6). */
import { z } from 'zod';
import { type ResourceDefinition, version } from '../definition.ts';
import { objectName } from '../metadata.ts';
import { fields, portNumber } from '../schema.ts';
import { type HttpRoute, httpMatches, httpRouteSpecFrom, timeouts } from './http-route.ts';
import { backendRefs, hostnames, parentRefs } from './route.ts';
import { policyBackendFilter, policyFilter } from './route-filters.ts';
import { routeStatus } from './status.ts';

const group = 'policy.linkerd.io';

/** Backends of the first two versions: a name and little else. */
const plainBackendRefs = z
  .array(
    fields({
      name: objectName().describe('the Service that takes the traffic'),
      port: portNumber().optional(),
      namespace: z.string().max(253).default('default'),
    }),
  )
  .max(16)
  .optional();

const baseRule = () => ({ matches: httpMatches(8), filters: z.array(policyFilter()).max(16).optional() });

const route = <Rule extends z.ZodType>(rule: Rule) =>
  fields({
    spec: fields({ parentRefs: parentRefs(group), hostnames: hostnames(), rules: z.array(rule).max(16).optional() }),
    status: routeStatus().optional(),
  });

const plain = route(fields({ ...baseRule(), backendRefs: plainBackendRefs }));

const withBackends = route(fields({ ...baseRule(), backendRefs: backendRefs(policyBackendFilter()) }));

const withTimeouts = route(
  fields({ ...baseRule(), backendRefs: backendRefs(policyBackendFilter()), timeouts: timeouts() }),
);

/** The fields that later versions added, with what they are when absent. */
const withPlainBackends = ({ spec }: z.output<typeof plain>) => ({
  spec: {
    ...spec,
    rules: spec.rules?.map((rule) => ({
      ...rule,
      backendRefs: rule.backendRefs?.map((ref) => ({ ...ref, group: '', kind: 'Service', weight: 1 })),
    })),
  },
});

export const policyHttpRouteDefinition: ResourceDefinition<HttpRoute> = {
  group,
  kind: 'HTTPRoute',
  versions: [
    version('v1alpha1', plain, (object, context) => ({
      spec: httpRouteSpecFrom(withPlainBackends(object), false, context),
    })),
    version('v1beta1', plain, (object, context) => ({
      spec: httpRouteSpecFrom(withPlainBackends(object), false, context),
    })),
    version('v1beta2', withBackends, (object, context) => ({ spec: httpRouteSpecFrom(object, false, context) })),
    version('v1beta3', withTimeouts, (object, context) => ({ spec: httpRouteSpecFrom(object, false, context) })),
  ],
};
