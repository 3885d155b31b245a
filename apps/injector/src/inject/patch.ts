/** JSON Patch (RFC 6902), written by hand: only `add`, and no more operations than needed. */
import type { PatchOperation } from '@heddle/admission';

/** Adds entries to a map: to `existing`, or as a new map where the object has none. */
export const addEntries = (
  path: string,
  existing: object | undefined,
  entries: Readonly<Record<string, string>>,
): readonly PatchOperation[] => {
  const names = Object.keys(entries);
  if (names.length === 0) return [];
  if (existing === undefined) return [{ op: 'add', path, value: entries }];
  return names.map((name) => ({ op: 'add', path: `${path}/${pointerToken(name)}`, value: entries[name] }));
};

/** Adds items before or after those of a list: to `existing`, or as a new list where the object has none. */
export const addItems = (
  path: string,
  existing: readonly unknown[] | undefined,
  items: readonly unknown[],
  at: 'start' | 'end',
): readonly PatchOperation[] => {
  if (items.length === 0) return [];
  if (existing === undefined) return [{ op: 'add', path, value: items }];
  return items.map((value, index) => ({ op: 'add', path: `${path}/${at === 'start' ? index : '-'}`, value }));
};

/** RFC 6901 section 3. */
const pointerToken = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
