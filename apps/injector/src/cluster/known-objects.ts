/** Namespaces and the objects that control others, as any source of resources tells of them. */
import { keyOf, keyText, type ObjectKey, type ResourceSink } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import type { Owner } from '../inject/outcome.ts';
import type { NamespaceLookup } from './lookup.ts';

const groups: Readonly<Record<string, string>> = { ReplicaSet: 'apps', Job: 'batch' };
/** References keep the group alone; these have one version. */
const versions: Readonly<Record<string, string>> = { apps: 'v1', batch: 'v1' };

export class KnownObjects implements ResourceSink, NamespaceLookup {
  readonly #objects = new Map<string, KubernetesObject>();
  #isSynced = false;

  get isSynced(): boolean {
    return this.#isSynced;
  }

  apply(object: KubernetesObject): void {
    if (object.kind === 'Namespace' || Object.hasOwn(groups, object.kind))
      this.#objects.set(keyText(keyOf(object)), object);
  }

  delete(key: ObjectKey): void {
    this.#objects.delete(keyText(key));
  }

  reset(objects: readonly KubernetesObject[]): void {
    this.#objects.clear();
    for (const object of objects) this.apply(object);
    this.#isSynced = true;
  }

  annotationsOf(namespace: string): Promise<Readonly<Record<string, string>> | undefined> {
    const key = keyText({ group: '', kind: 'Namespace', namespace: '', name: namespace });
    return Promise.resolve(this.#objects.get(key)?.metadata.annotations);
  }

  controllerOf(namespace: string, { kind, name }: Owner): Owner | undefined {
    const group = groups[kind];
    if (group === undefined) return undefined;
    const object = this.#objects.get(keyText({ group, kind, namespace, name }));
    const controller = object?.metadata.ownerReferences.find(({ isController }) => isController);
    if (controller === undefined) return undefined;
    const version = versions[controller.group];
    return {
      kind: controller.kind,
      name: controller.name,
      ...(version !== undefined && { apiVersion: `${controller.group}/${version}` }),
      uid: controller.uid,
    };
  }
}
