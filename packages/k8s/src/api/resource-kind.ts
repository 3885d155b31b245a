/** Kinds of objects as the API server's paths name them. */

export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in paths: `pods`. */
  readonly plural: string;
  readonly isClusterScoped?: boolean;
}

/** `apps/v1`, or `v1` of the core group. */
export const apiVersionOf = ({ group, version }: ResourceKind): string =>
  group === '' ? version : `${group}/${version}`;

/** The path of all objects of a kind, in one namespace or in all. */
export const collectionPath = (kind: ResourceKind, namespace = ''): string => {
  const root = kind.group === '' ? '/api' : '/apis';
  const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}/${apiVersionOf(kind)}${scope}/${kind.plural}`;
};

/** The path of one object; `namespace` is empty for a cluster-scoped one. */
export const objectPath = (kind: ResourceKind, namespace: string, name: string): string =>
  `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
