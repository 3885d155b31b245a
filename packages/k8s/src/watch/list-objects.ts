/** Lists all objects of a kind, page by page. */
import { ApiError, hasStatus } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { collectionPath, type ResourceKind } from '../api/resource-kind.ts';
import { itemsFrom, listMetaFrom, type RawObject, rawObjectFrom } from './raw-object.ts';

export interface ListOptions<Item> {
  readonly api: Pick<KubernetesApi, 'call'>;
  readonly kind: ResourceKind;
  /** Absent: all of them. */
  readonly namespace?: string | undefined;
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Makes of each object what is kept, so that no more than one page is held as it was sent. */
  readonly take: (object: RawObject) => Item;
  /** Called for each page that arrives. */
  readonly onPage: () => void;
}

export interface Listing<Item> {
  readonly items: readonly Item[];
  /** Where a watch goes on from. */
  readonly version: string;
}

/**
 * A page token expires (410) when the pages come slower than the server compacts its history. Then the list starts over
 * in one piece, which cannot expire. @throws {ApiError}
 */
export const listObjects = async <Item>(options: ListOptions<Item>): Promise<Listing<Item>> => {
  try {
    return await listPages(options, options.pageSize);
  } catch (error) {
    if (!hasStatus(error, 410)) throw error;
    return listPages(options, 0);
  }
};

/** @param pageSize 0: everything at once */
const listPages = async <Item>(options: ListOptions<Item>, pageSize: number): Promise<Listing<Item>> => {
  const { api, kind, namespace, signal, take, onPage } = options;
  const path = collectionPath(kind, namespace);
  const items: Item[] = [];
  let next = '';
  do {
    const query = {
      ...(pageSize > 0 && { limit: String(pageSize) }),
      ...(next !== '' && { continue: next }),
    };
    const page = await api.call({ path, query, signal });
    onPage();
    for (const item of itemsFrom(page)) items.push(take(rawObjectFrom(kind, item)));
    const meta = listMetaFrom(page);
    if (meta.version === '') throw new ApiError(`GET ${path}: the list has no resourceVersion`, { status: 0 });
    if (meta.next === '') return { items, version: meta.version };
    next = meta.next;
  } while (next !== '');
  throw new Error('a list without an end');
};
