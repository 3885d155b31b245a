/** What authors are told of a resource that cannot be read. */
import type { UnreadableResource } from '@heddle/crds';
import { type Condition, fails } from './condition.ts';
import type { ParentStatus } from './status-routes.ts';

export const unreadableConditions = (closure: UnreadableResource): readonly Condition[] =>
  isRoute(closure) ? [] : [fails('Accepted', 'Invalid', textOf(closure))];

/** The parents that could be read; the Gateway API's reason for a route of which nothing takes effect. */
export const unreadableParents = (closure: UnreadableResource): readonly ParentStatus[] => {
  const { closes, metadata } = closure;
  const names = isRoute(closure) && closes.kind === 'servers' ? (closes.names ?? []) : [];
  return names.map((name) => ({
    ref: { group: 'policy.linkerd.io', kind: 'Server', namespace: metadata.namespace, name },
    conditions: [fails('Accepted', 'UnsupportedValue', textOf(closure))],
  }));
};

export const isRoute = ({ standsFor }: UnreadableResource): boolean => standsFor.endsWith('Route');

const effects = {
  ports: 'the ports it may speak of are closed until it is mended',
  servers: 'the Servers it may speak of are closed until it is mended',
  egress: 'nothing that leaves the cluster by it is let out until it is mended',
  nothing: 'it grants nothing',
};

const textOf = ({ problem, closes }: UnreadableResource): string =>
  `it cannot be read, so ${effects[closes.kind]}: ${problem}`;
