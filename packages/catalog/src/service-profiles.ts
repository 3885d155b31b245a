/**
 * ServiceProfiles: Linkerd's older way of saying how a Service is called. One is named after its Service's authority; that
 * of the client's namespace counts before that of the Service's own (features §2.4).
 */
import type { ServiceProfile } from '@heddle/crds';
import type { Service } from '@heddle/crds/core';
import { parseAuthority, serviceAuthorityName } from '@heddle/names';
import type { Indexes } from './indexes.ts';
import type { OutboundRef } from './outbound-model.ts';
import type { Profile, ProfileOverride, ProfileRoute } from './profile-model.ts';

export const serviceProfileFor = (
  { serviceProfiles, options }: Indexes,
  { metadata: { namespace, name } }: Service,
  clientNamespace: string | undefined,
): ServiceProfile | undefined => {
  const authority = serviceAuthorityName({ service: name, namespace }, options.clusterDomain);
  return (
    serviceProfiles.get(`${clientNamespace ?? namespace}/${authority}`) ??
    serviceProfiles.get(`${namespace}/${authority}`)
  );
};

/** The part of a profile that is a ServiceProfile's. */
export const profilePart = (
  { metadata, spec }: ServiceProfile,
  port: number,
): Pick<Profile, 'profileRef' | 'routes' | 'overrides' | 'retryBudget'> => ({
  profileRef: refOf(metadata),
  ...(spec.routes.length > 0 ? { routes: spec.routes.map(routeFrom) } : {}),
  ...(spec.dstOverrides.length > 0 ? { overrides: spec.dstOverrides.map((each) => overrideFrom(each, port)) } : {}),
  ...(spec.retryBudget
    ? {
        retryBudget: {
          ratio: spec.retryBudget.retryRatio,
          minRetriesPerSecond: spec.retryBudget.minRetriesPerSecond,
          ttlMs: spec.retryBudget.ttlMs,
        },
      }
    : {}),
});

/** Whether a ServiceProfile calls a port opaque. */
export const callsOpaque = ({ spec }: ServiceProfile, port: number): boolean =>
  spec.opaquePorts.some(({ from, to }) => port >= from && port <= to);

const refOf = ({ namespace, name }: ServiceProfile['metadata']): OutboundRef => ({
  kind: 'resource',
  group: 'linkerd.io',
  resource: 'ServiceProfile',
  namespace,
  name,
});

const routeFrom = ({
  name,
  condition,
  responseClasses,
  isRetryable,
  timeoutMs,
}: ServiceProfile['spec']['routes'][number]): ProfileRoute => ({
  condition,
  responseClasses,
  labels: { route: name },
  isRetryable,
  timeoutMs,
});

/** An authority without a port means the port asked for. Weights are whole numbers on the wire: thousandths. */
const overrideFrom = (
  { authority, weight }: ServiceProfile['spec']['dstOverrides'][number],
  port: number,
): ProfileOverride => {
  const parsed = parseAuthority(authority);
  const hasPort = parsed.kind === 'ok' && parsed.value.port !== undefined;
  return { authority: hasPort ? authority : `${authority}:${port}`, weight: Math.round(weight * 1000) };
};
