/**
 * The catalog: Kubernetes objects in, answers out. It is incremental: one changed object touches only what depends on
 * it, and the order in which objects arrive does not matter. It holds no subscriptions, clocks or sockets.
 */
import { keyOf, keyText, type ObjectKey } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import type { InboundPolicy } from '@heddle/policy';
import { ChangeSet, type Changes } from './changes.ts';
import { type Condition, isTrouble } from './condition.ts';
import { type EndpointsQuery, endpointsOf } from './endpoints.ts';
import { inboundPolicyOf } from './inbound.ts';
import { createIndexes } from './indexes.ts';
import { insert, remove, statusOf, touch } from './kinds.ts';
import type { CatalogOptions } from './options.ts';
import { type OutboundAnswer, outboundPolicyOf } from './outbound.ts';
import type { EndpointSet } from './outbound-model.ts';
import { type ProfileAnswer, profileOf } from './profiles.ts';
import type { ResourceStatus } from './status.ts';
import type { Target } from './target.ts';
import type { Workload } from './workload.ts';

export interface Catalog {
  /** Adds an object, or replaces the one with the same key. */
  apply(object: KubernetesObject): Changes;
  /** Removes an object; nothing happens when it is not there. */
  delete(key: ObjectKey): Changes;
  /** Makes `objects` the whole state: whatever else is known is removed. */
  reset(objects: readonly KubernetesObject[]): Changes;

  /** The pod of this name; undefined while it is not known. */
  workload(namespace: string, pod: string): Workload | undefined;
  /** Undefined while the pod is not known. */
  inboundPolicy(namespace: string, pod: string, port: number): InboundPolicy | undefined;
  /** Undefined when there is no such Service. */
  endpoints(query: EndpointsQuery): EndpointSet | undefined;
  /** For a client in a namespace, whose ServiceProfiles count before those of the Service's own. */
  profile(target: Target, clientNamespace?: string): ProfileAnswer;
  /** For a client in a namespace, whose EgressNetworks count before those of everybody. */
  outboundPolicy(target: Target, clientNamespace?: string): OutboundAnswer;
  /** Undefined when the object is unknown or of a kind without status. */
  status(key: ObjectKey): ResourceStatus | undefined;
  /** What there would be to mend if `object` were applied: of the object, and of others where it would be new. */
  preview(object: KubernetesObject): readonly Trouble[];
  /** The status of every object that has one. */
  statuses(): readonly ResourceStatus[];
  /** How many objects are known. */
  readonly size: number;
}

/** A condition that tells of something to mend. */
export interface Trouble {
  readonly key: ObjectKey;
  readonly condition: Condition;
}

export const createCatalog = (options: CatalogOptions): Catalog => {
  const indexes = createIndexes(options);
  const objects = new Map<string, KubernetesObject>();

  const take = (key: string, changes: ChangeSet): void => {
    const object = objects.get(key);
    if (!object) return;
    touch(indexes, object, changes);
    remove(indexes, object);
    objects.delete(key);
  };

  const put = (object: KubernetesObject, changes: ChangeSet): void => {
    const key = keyText(keyOf(object));
    if (objects.get(key) === object) return;
    take(key, changes);
    objects.set(key, object);
    insert(indexes, object);
    touch(indexes, object, changes);
  };

  const troublesOf = (keys: Iterable<string>): readonly Trouble[] =>
    [...keys].flatMap((text) => {
      const object = objects.get(text);
      const status = object && statusOf(indexes, object);
      const conditions = [...(status?.conditions ?? []), ...(status?.parents ?? []).flatMap((each) => each.conditions)];
      return status ? conditions.filter(isTrouble).map((condition) => ({ key: status.key, condition })) : [];
    });

  /** Applies, looks, and puts everything back as it was, before anybody else can look. */
  const preview = (object: KubernetesObject): readonly Trouble[] => {
    const key = keyText(keyOf(object));
    const before = objects.get(key);
    const changes = new ChangeSet();
    let after: readonly Trouble[];
    try {
      put(object, changes);
      after = troublesOf(new Set([key, ...changes.statuses]));
    } finally {
      if (before) put(before, new ChangeSet());
      else take(key, new ChangeSet());
    }
    const known = new Set(troublesOf(changes.statuses).map(troubleText));
    return after.filter((trouble) => keyText(trouble.key) === key || !known.has(troubleText(trouble)));
  };

  const recording = (change: (changes: ChangeSet) => void): Changes => {
    const changes = new ChangeSet();
    change(changes);
    return changes;
  };

  return {
    apply: (object) => recording((changes) => put(object, changes)),
    delete: (key) => recording((changes) => take(keyText(key), changes)),
    reset: (wanted) =>
      recording((changes) => {
        const kept = new Set(wanted.map((object) => keyText(keyOf(object))));
        for (const key of objects.keys()) if (!kept.has(key)) take(key, changes);
        for (const object of wanted) put(object, changes);
      }),
    workload: (namespace, pod) => indexes.workloads.get(namespace, pod),
    inboundPolicy: (namespace, pod, port) => {
      const workload = indexes.workloads.get(namespace, pod);
      return workload && inboundPolicyOf(indexes, workload, port);
    },
    endpoints: (query) => endpointsOf(indexes, query),
    profile: (target, clientNamespace) => profileOf(indexes, target, clientNamespace),
    outboundPolicy: (target, clientNamespace) => outboundPolicyOf(indexes, target, clientNamespace),
    preview,
    status: (key) => {
      const object = objects.get(keyText(key));
      return object && statusOf(indexes, object);
    },
    statuses: () => [...objects.values()].flatMap((object) => statusOf(indexes, object) ?? []),
    get size() {
      return objects.size;
    },
  };
};

const troubleText = ({ key, condition }: Trouble): string => `${keyText(key)} ${condition.type} ${condition.reason}`;
