/** An object as the API server sends it, and the little that watching it needs to know. */
import { ApiError, noAnswer } from '../api/api-error.ts';
import { apiVersionOf, type ResourceKind } from '../api/resource-kind.ts';

/** Identity and version of an object; the rest is for whoever reads it. */
export interface RawObject {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly version: string;
  /** The object itself, with apiVersion and kind. */
  readonly value: unknown;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

type Fields = Record<string, unknown>;

/**
 * Takes over an object of a list or of an event: adds the apiVersion and kind that items of a list lack, removes what is
 * large and read by nobody. `value` is changed. @throws {ApiError} when it has no name or no version
 */
export const rawObjectFrom = (kind: ResourceKind, value: unknown): RawObject => {
  const metadata = isFields(value) ? value['metadata'] : undefined;
  if (!isFields(value) || !isFields(metadata)) throw notAnObject(kind);
  const { namespace = '', name, uid = '', resourceVersion, annotations } = metadata;
  if (
    typeof namespace !== 'string' ||
    typeof name !== 'string' ||
    typeof uid !== 'string' ||
    typeof resourceVersion !== 'string'
  ) {
    throw notAnObject(kind);
  }
  delete metadata['managedFields'];
  if (isFields(annotations)) delete annotations[lastApplied];
  value['apiVersion'] = apiVersionOf(kind);
  value['kind'] = kind.kind;
  return { key: `${namespace}/${name}`, uid, version: resourceVersion, value };
};

/** The `metadata` of a list. */
export const listMetaFrom = (value: unknown): { readonly version: string; readonly next: string } => {
  const metadata = isFields(value) ? value['metadata'] : undefined;
  const { resourceVersion = '', continue: next = '' } = isFields(metadata) ? metadata : {};
  return { version: String(resourceVersion), next: String(next) };
};

/** The `items` of a list; null, which Go writes for an empty one, is empty. */
export const itemsFrom = (value: unknown): readonly unknown[] => {
  const items = isFields(value) ? value['items'] : undefined;
  return Array.isArray(items) ? (items as readonly unknown[]) : [];
};

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const notAnObject = (kind: ResourceKind): ApiError =>
  new ApiError(`the server sent something that is no object of kind ${kind.kind}`, { status: noAnswer });

const decimal = /^[1-9][0-9]*$/;

/**
 * Whether version `a` was made before `b`. Versions are numbers that grow with every write (a promise of the API since
 * KEP-5504); of others nothing is known, and none is older.
 */
export const isOlder = (a: string, b: string): boolean =>
  decimal.test(a) && decimal.test(b) && (a.length === b.length ? a < b : a.length < b.length);
