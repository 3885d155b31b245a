/** The statuses that objects have, as watching the cluster tells them. */
import { keyText, type ObjectKey } from '@heddle/crds';
import type { KnownStatus } from '@heddle/k8s';

export class WatchedStatuses {
  readonly #known = new Map<string, KnownStatus>();

  /** An object as it was sent. Kinds whose status is not ours to write are passed over. */
  seen(value: unknown): void {
    const { apiVersion, kind, metadata, status } = value as Sent;
    const group = apiVersion?.includes('/') === true ? apiVersion.replace(/\/.*/, '') : '';
    if (!groupsWithStatus.has(group) || kind === undefined || metadata?.name === undefined) return;
    const { namespace = '', name, generation = 0, resourceVersion = '' } = metadata;
    this.#known.set(keyText({ group, kind, namespace, name }), { status, generation, resourceVersion });
  }

  gone(key: ObjectKey): void {
    this.#known.delete(keyText(key));
  }

  get(key: ObjectKey): KnownStatus | undefined {
    return this.#known.get(keyText(key));
  }
}

const groupsWithStatus = new Set(['policy.linkerd.io', 'gateway.networking.k8s.io']);

interface Sent {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
  };
  readonly status?: unknown;
}
