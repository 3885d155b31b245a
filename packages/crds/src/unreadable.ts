/**
 * Policy resources that are stored and cannot be read: written before anybody validated them, or past the webhook. Leaving
 * one out could open what it closed (a Server that was left out leaves its ports to the default policy; a route, its
 * paths to other routes), so each stands for the closing of whatever it may have spoken of.
 */
import { z } from 'zod';
import { isForeignRoute } from './kinds/foreign-route.ts';
import { namesKind } from './kinds/references.ts';
import { groupOf, parseMetadata } from './metadata.ts';
import type { ObjectMeta } from './object.ts';
import { type LabelSelector, labelSelector, selectorFrom } from './selector.ts';

export interface UnreadableResource {
  readonly group: string;
  readonly kind: 'Unreadable';
  /** The kind it is of: it has that resource's key, so that it goes when the resource is mended. */
  readonly standsFor: string;
  readonly metadata: ObjectMeta;
  /** What is wrong with it. */
  readonly problem: string;
  readonly closes: Closure;
}

/** All within the resource's own namespace. */
export type Closure =
  /** Of a Server: one port of the pods that it selects, or every port if the port cannot be read. */
  | {
      readonly kind: 'ports';
      readonly selector: LabelSelector;
      readonly port?: number | string | undefined;
    }
  /** Of what restricts Servers: those named, or all if the names cannot be read. */
  | { readonly kind: 'servers'; readonly names?: readonly string[] | undefined }
  /** Of an EgressNetwork: whatever is outside the cluster. */
  | { readonly kind: 'egress' }
  /** Of what only grants: without it there is less. */
  | { readonly kind: 'nothing' };

/**
 * What stands for a resource that cannot be read; undefined for kinds without policy, for routes of other controllers, and
 * for what is not even an object with a name. Total.
 */
export const unreadableFrom = (value: unknown, problem: string): UnreadableResource | undefined => {
  const apiVersion = fieldOf(value, 'apiVersion');
  const kind = fieldOf(value, 'kind');
  const metadata = metadataFrom(fieldOf(value, 'metadata'));
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || metadata === undefined) return undefined;
  const group = groupOf(apiVersion);
  const closureOf = Object.hasOwn(closures, `${group}/${kind}`) ? closures[`${group}/${kind}`] : undefined;
  if (closureOf === undefined || isForeignRoute(group, value)) return undefined;
  const closes = closureOf(fieldOf(value, 'spec'), metadata.namespace);
  return { group, kind: 'Unreadable', standsFor: kind, metadata, problem, closes };
};

const policyGroup = 'policy.linkerd.io';
const gatewayGroup = 'gateway.networking.k8s.io';
const nothing = (): Closure => ({ kind: 'nothing' });

const portsOfServer = (spec: unknown): Closure => {
  const pods = fieldOf(spec, 'podSelector');
  const isForPods = pods !== undefined || fieldOf(spec, 'externalWorkloadSelector') === undefined;
  return isForPods
    ? { kind: 'ports', selector: selectorOrAll(pods), port: portOrAll(fieldOf(spec, 'port')) }
    : nothing();
};

const everything: LabelSelector = { matchLabels: {}, matchExpressions: [] };

const selectorOrAll = (value: unknown): LabelSelector => {
  const parsed = labelSelector().safeParse(value);
  if (!parsed.success) return everything;
  let isLegible = true;
  const selector = selectorFrom(parsed.data, [], {
    fail: () => {
      isLegible = false;
    },
  });
  return isLegible ? selector : everything;
};

const portOrAll = (value: unknown): number | string | undefined => {
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
  return isNumber || (typeof value === 'string' && portName.test(value)) ? value : undefined;
};

const portName = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

/** A route attaches to Servers of its own namespace only; its other parents are not closed by it. */
const serversOfRoute = (spec: unknown, namespace: string): Closure => {
  const refs = fieldOf(spec, 'parentRefs');
  if (!Array.isArray(refs)) return { kind: 'servers' };
  const names: string[] = [];
  for (const ref of refs as readonly unknown[]) {
    const parsed = parentRef.safeParse(ref);
    if (!parsed.success) return { kind: 'servers' };
    const { group = policyGroup, kind = 'Gateway', name, namespace: other = namespace } = parsed.data;
    if (namesKind({ group, kind }, policyGroup, 'Server') && other === namespace) names.push(name);
  }
  return { kind: 'servers', names };
};

const parentRef = z.looseObject({
  group: z.string().optional(),
  kind: z.string().optional(),
  name: z.string(),
  namespace: z.string().optional(),
});

const serverOfLimit = (spec: unknown): Closure => {
  const name = fieldOf(fieldOf(spec, 'targetRef'), 'name');
  return { kind: 'servers', names: typeof name === 'string' ? [name] : undefined };
};

/** By group and kind. */
const closures: Readonly<Record<string, (spec: unknown, namespace: string) => Closure>> = {
  [`${policyGroup}/Server`]: portsOfServer,
  [`${policyGroup}/HTTPRoute`]: serversOfRoute,
  [`${gatewayGroup}/HTTPRoute`]: serversOfRoute,
  [`${gatewayGroup}/GRPCRoute`]: serversOfRoute,
  [`${policyGroup}/HTTPLocalRateLimitPolicy`]: serverOfLimit,
  [`${policyGroup}/EgressNetwork`]: () => ({ kind: 'egress' }),
  [`${policyGroup}/AuthorizationPolicy`]: nothing,
  [`${policyGroup}/ServerAuthorization`]: nothing,
  [`${policyGroup}/MeshTLSAuthentication`]: nothing,
  [`${policyGroup}/NetworkAuthentication`]: nothing,
};

/** The metadata as it is, or the little of it that says which object this is. */
const metadataFrom = (value: unknown): ObjectMeta | undefined => {
  const defaults = { namespace: 'default', creationTimestampMs: 0 };
  const parsed = parseMetadata(value, true, defaults);
  if (parsed.kind === 'valid') return parsed.value;
  const name = fieldOf(value, 'name');
  const namespace = fieldOf(value, 'namespace');
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  const least = parseMetadata({ name, namespace }, true, defaults);
  return least.kind === 'valid' ? least.value : undefined;
};

/** An own field of an object; undefined when it is not one. Null counts as absent. */
const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? ((value as Readonly<Record<string, unknown>>)[field] ?? undefined)
    : undefined;
