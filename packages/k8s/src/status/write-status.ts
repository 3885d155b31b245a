/**
 * Writes the status subresource of an object by a JSON merge patch (RFC 7396) that is good for the version that was read
 * only: lists are replaced as a whole by such a patch, and must not lose what another controller wrote meanwhile.
 */
import { isDeepStrictEqual } from 'node:util';
import { hasStatus } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { objectPath, type ResourceKind } from '../api/resource-kind.ts';
import { isFields } from '../watch/raw-object.ts';

export interface StatusTarget {
  readonly kind: ResourceKind;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
}

/** What a watch told of an object: spares the writer from reading it first. */
export interface KnownStatus {
  readonly status: unknown;
  readonly generation: number;
  readonly resourceVersion: string;
}

export type StatusOutcome =
  | 'written'
  /** It said so already. */
  | 'unchanged'
  /** The object, or the status subresource of its kind, is not there. */
  | 'gone'
  /** Others kept writing; the next round tries again. */
  | 'contended';

const maxAttempts = 4;

/**
 * @param change from the status there is (undefined when there is none) and the object's generation to the one there
 * should be; called again with what is there then when somebody else was quicker.
 * @param known taken for what is there at the first attempt; without it, that is read. @throws {ApiError}
 */
export const writeStatus = async (
  api: Pick<KubernetesApi, 'call'>,
  { kind, namespace, name }: StatusTarget,
  change: (status: unknown, generation: number) => unknown,
  { known, signal }: { readonly known?: KnownStatus | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<StatusOutcome> => {
  const path = objectPath(kind, namespace, name);
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      const found = attempt === 0 ? known : undefined;
      const { status, generation, resourceVersion } = found ?? parts(await api.call({ path, signal }));
      const next = change(status, generation);
      if (isDeepStrictEqual(next, status)) return 'unchanged';
      await api.call({
        method: 'PATCH',
        path: `${path}/status`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion }, status: next },
        signal,
      });
      return 'written';
    } catch (error) {
      if (hasStatus(error, 404)) return 'gone';
      if (!hasStatus(error, 409)) throw error;
    }
  }
  return 'contended';
};

const parts = (value: unknown) => {
  const { metadata, status } = isFields(value) ? value : {};
  const { generation, resourceVersion } = isFields(metadata) ? metadata : {};
  return { status, generation: typeof generation === 'number' ? generation : 0, resourceVersion };
};
