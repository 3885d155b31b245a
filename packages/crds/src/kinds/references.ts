/** References from one object to another: `{group, kind, name, namespace}`, and the rules by which they name a kind. */
import { z } from 'zod';
import { objectName } from '../metadata.ts';
import { quote } from '../problem.ts';
import { fields, textLike } from '../schema.ts';

const groupName = /^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const kindName = /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/;

/** An API group; empty for core. */
export const apiGroup = () => textLike(groupName, 'an API group', 'use a lower-case DNS name, or "" for core', 253, 0);

/** The name of a kind. */
export const kindText = () => textLike(kindName, 'a kind', 'use letters, digits and "-", beginning with a letter', 63);

/** A reference within the namespace. */
export const localRef = () =>
  fields({
    group: apiGroup().optional(),
    kind: kindText().describe('the kind of the object referred to'),
    name: objectName().describe('the name of the object referred to'),
  });

/** A reference that may point into another namespace. */
export const namespacedRef = () => localRef().extend({ namespace: namespaceText().optional() });

/** A namespace in a reference; Linkerd's schema allows the longer form of names here. */
export const namespaceText = () => z.string().min(1).max(253);

/**
 * Whether a reference names this kind. Letter case counts for nothing, and an absent group is core, as for Linkerd's
 * policy controller; core may be spelled out.
 */
export const namesKind = (
  ref: { readonly group?: string | undefined; readonly kind: string },
  group: string,
  kind: string,
): boolean => {
  const given = (ref.group ?? '').toLowerCase();
  return (given === 'core' ? '' : given) === group && ref.kind.toLowerCase() === kind.toLowerCase();
};

/** A referenced kind as messages show it: `policy.linkerd.io/Server`, or `ServiceAccount` for core. */
export const kindOf = (ref: { readonly group?: string | undefined; readonly kind: string }): string =>
  quote(ref.group === undefined || ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`);
