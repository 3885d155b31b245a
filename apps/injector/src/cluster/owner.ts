/** Whose pod a pod is: the workload that people know it by. */
import type { Owner } from '../inject/outcome.ts';
import type { PodView } from '../inject/pod-view.ts';
import type { NamespaceLookup } from './lookup.ts';

/** Undefined for a pod that nobody controls. */
export const ownerOf = (
  pod: Pick<PodView, 'controller' | 'labels'>,
  namespace: string,
  lookup: Pick<NamespaceLookup, 'controllerOf'>,
): Owner | undefined => {
  const { controller } = pod;
  if (controller === undefined) return undefined;
  if (controller.kind !== 'ReplicaSet' && controller.kind !== 'Job') return controller;
  return lookup.controllerOf(namespace, controller) ?? deploymentOf(controller, pod.labels) ?? controller;
};

/** A Deployment names its ReplicaSets by itself and the hash of its template, which is also a label of their pods. */
const deploymentOf = ({ kind, name }: Owner, labels: PodView['labels']): Owner | undefined => {
  const suffix = `-${labels?.['pod-template-hash'] ?? ''}`;
  return kind === 'ReplicaSet' && suffix.length > 1 && name.endsWith(suffix) && name.length > suffix.length
    ? { kind: 'Deployment', name: name.slice(0, -suffix.length) }
    : undefined;
};
