/** Distinguished names and general names (RFC 5280 sections 4.1.2.4 and 4.2.1.6): DER to text and back. */
import { Malformed } from '../der/malformed.ts';
import { contextTag, type DerElement, tags } from '../der/read.ts';
import { childrenOf, oidOf } from '../der/values.ts';
import { element, implicit, oid, sequence, set, utf8String } from '../der/write.ts';
import type { NameAttribute, RequestedNames } from '../model.ts';
import { oids } from '../oids.ts';

const shortNames: Readonly<Record<string, string>> = {
  [oids.commonName]: 'CN',
  [oids.organization]: 'O',
  [oids.organizationalUnit]: 'OU',
  [oids.country]: 'C',
};

export const nameAttributesOf = (name: DerElement | undefined, what: string): readonly NameAttribute[] =>
  childrenOf(name, tags.sequence, what).flatMap((relative) =>
    childrenOf(relative, tags.set, what).map((attribute) => {
      const [type, value, ...rest] = childrenOf(attribute, tags.sequence, what);
      if (value === undefined || rest.length > 0) throw new Malformed(`${what} has an attribute that is not a pair`);
      return { type: oidOf(type, what), text: textOf(value) };
    }),
  );

const textOf = (value: DerElement): string => {
  if (value.tag === tags.utf8String) return value.content.toString('utf8');
  if (value.tag === tags.printableString || value.tag === tags.ia5String) return value.content.toString('latin1');
  return `#${value.bytes.toString('hex')}`;
};

/** `CN=a,O=b` for messages; control characters are made visible. */
export const nameText = (attributes: readonly NameAttribute[]): string =>
  attributes.map(({ type, text }) => `${shortNames[type] ?? type}=${JSON.stringify(text).slice(1, -1)}`).join(',');

/** A distinguished name of one common name; the empty name when `commonName` is empty. */
export const encodeName = (commonName: string): Buffer =>
  commonName === '' ? sequence() : sequence(set(sequence(oid(oids.commonName), utf8String(commonName))));

const generalNameTags = {
  email: contextTag(1, 'primitive'),
  dns: contextTag(2, 'primitive'),
  uri: contextTag(6, 'primitive'),
  ip: contextTag(7, 'primitive'),
} as const;

export const noNames: RequestedNames = { dns: [], uri: [], email: [], ip: [], other: [] };

/** Reads a GeneralNames; text is taken byte for byte, so that a NUL stays a NUL and is seen by whoever checks. */
export const generalNamesOf = (names: DerElement, what: string): RequestedNames => {
  const entries = childrenOf(names, tags.sequence, what);
  const texts = (tag: number): readonly string[] =>
    entries.filter((entry) => entry.tag === tag).map((entry) => entry.content.toString('latin1'));
  const known = new Set<number>(Object.values(generalNameTags));
  return {
    dns: texts(generalNameTags.dns),
    uri: texts(generalNameTags.uri),
    email: texts(generalNameTags.email),
    ip: entries.filter((entry) => entry.tag === generalNameTags.ip).map((entry) => entry.content.toString('hex')),
    other: entries.filter((entry) => !known.has(entry.tag)).map((entry) => entry.tag & 0x1f),
  };
};

/** A GeneralNames with one DNS name or, for `spiffe://…`, one URI. */
export const encodeIdentity = (identity: string): Buffer =>
  element(
    tags.sequence,
    identity.includes('://')
      ? implicit(6, Buffer.from(identity, 'latin1'))
      : implicit(2, Buffer.from(identity, 'latin1')),
  );
