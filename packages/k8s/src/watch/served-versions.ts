/** In which versions the API server serves a kind: asked when the wanted one is not there (API discovery, `/apis`). */
import { hasStatus } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import type { ResourceKind } from '../api/resource-kind.ts';

/** Empty when the kind, or its whole group, is not installed. @throws {ApiError} */
export const servedVersions = async (
  api: Pick<KubernetesApi, 'call'>,
  { group, plural }: ResourceKind,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (group === '') return [];
  const root = `/apis/${group}`;
  const served: string[] = [];
  for (const { version = '' } of (await documentAt<ApiGroup>(api, root, signal))?.versions ?? []) {
    const list = await documentAt<ApiResourceList>(api, `${root}/${encodeURIComponent(version)}`, signal);
    if (list?.resources?.some(({ name }) => name === plural) === true) served.push(version);
  }
  return served;
};

interface ApiGroup {
  readonly versions?: readonly { readonly version?: string }[];
}

interface ApiResourceList {
  readonly resources?: readonly { readonly name?: string }[];
}

const documentAt = async <T>(
  api: Pick<KubernetesApi, 'call'>,
  path: string,
  signal: AbortSignal,
): Promise<T | undefined> => {
  try {
    return (await api.call({ path, signal })) as T;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
};
