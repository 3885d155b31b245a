/** The extensions of RFC 5280 section 4.2 that decide anything here, read from and written to DER. */
import { Malformed } from '../der/malformed.ts';
import { contextTag, type DerElement, readDer, tags } from '../der/read.ts';
import { booleanOf, childrenOf, expectTag, namedBitsOf, oidOf, smallIntegerOf } from '../der/values.ts';
import * as write from '../der/write.ts';
import type { KeyPurpose, KeyUsage, RequestedNames } from '../model.ts';
import { oids } from '../oids.ts';
import { encodeIdentity, generalNamesOf, noNames } from './names.ts';

export interface Extensions {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsage: ReadonlySet<KeyPurpose> | undefined;
  readonly names: RequestedNames;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  readonly unsupportedCritical: readonly string[];
}

const keyUsageBits: readonly (readonly [number, KeyUsage])[] = [
  [0, 'digitalSignature'],
  [2, 'keyEncipherment'],
  [5, 'keyCertSign'],
  [6, 'cRLSign'],
];

const purposes: readonly (readonly [string, KeyPurpose])[] = [
  [oids.serverAuth, 'serverAuth'],
  [oids.clientAuth, 'clientAuth'],
];

/** Extension values nest at most this deep; a directoryName inside a GeneralNames is the deepest. */
const valueLimits = { maxBytes: 64 * 1024, maxDepth: 8 };

/** Reads an Extensions sequence. Unknown extensions are noted if critical; one that occurs twice is refused. */
export const readExtensions = (sequence: DerElement | undefined): Extensions => {
  const values = new Map<string, DerElement>();
  const critical = new Set<string>();
  for (const extension of sequence === undefined ? [] : childrenOf(sequence, tags.sequence, 'extensions')) {
    const parts = childrenOf(extension, tags.sequence, 'an extension');
    const id = oidOf(parts[0], 'an extension identifier');
    if (parts.length > 3) throw new Malformed(`extension ${id} has ${parts.length} parts`);
    const flag = parts.length === 3 ? parts[1] : undefined;
    if (values.has(id)) throw new Malformed(`extension ${id} occurs twice`);
    if (flag !== undefined && booleanOf(flag, `criticality of ${id}`)) critical.add(id);
    const value = expectTag(parts.at(-1), tags.octetString, `value of extension ${id}`);
    // Only what is understood is decoded further; the rest stays opaque bytes.
    values.set(id, known.has(id) ? readDer(value.content, valueLimits) : value);
  }
  const constraints = values.get(oids.basicConstraints);
  const names = values.get(oids.subjectAltName);
  const usage = values.get(oids.keyUsage);
  const purpose = values.get(oids.extendedKeyUsage);
  const keyId = values.get(oids.subjectKeyIdentifier);
  return {
    ...basicConstraintsOf(constraints),
    keyUsage: usage && keyUsageOf(usage),
    extendedKeyUsage: purpose && purposesOf(purpose),
    names: names === undefined ? noNames : generalNamesOf(names, 'subject alternative name'),
    subjectKeyId: keyId && expectTag(keyId, tags.octetString, 'subject key identifier').content.toString('hex'),
    authorityKeyId: authorityKeyIdOf(values.get(oids.authorityKeyIdentifier)),
    // Name constraints restrict whether marked critical or not; ignoring them would widen what a CA may say.
    unsupportedCritical: [...values.keys()].filter(
      (id) => id === oids.nameConstraints || (critical.has(id) && !known.has(id)),
    ),
  };
};

const known: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectAltName,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
]);

const basicConstraintsOf = (value: DerElement | undefined): Pick<Extensions, 'isCa' | 'pathLength'> => {
  if (value === undefined) return { isCa: false, pathLength: undefined };
  const parts = childrenOf(value, tags.sequence, 'basic constraints');
  const [first] = parts;
  const isCa = first?.tag === tags.boolean && booleanOf(first, 'the CA flag');
  const rest = first?.tag === tags.boolean ? parts.slice(1) : parts;
  if (rest.length > 1 || (rest.length === 1 && !isCa)) throw new Malformed('basic constraints of an unknown shape');
  return { isCa, pathLength: rest.length === 1 ? smallIntegerOf(rest[0], 'the path length') : undefined };
};

const keyUsageOf = (value: DerElement): ReadonlySet<KeyUsage> => {
  const bits = namedBitsOf(value, 'key usage');
  return new Set(keyUsageBits.filter(([bit]) => bits.includes(bit)).map(([, usage]) => usage));
};

const purposesOf = (value: DerElement): ReadonlySet<KeyPurpose> => {
  const ids = childrenOf(value, tags.sequence, 'extended key usage').map((id) => oidOf(id, 'a key purpose'));
  return new Set(purposes.filter(([id]) => ids.includes(id)).map(([, purpose]) => purpose));
};

const authorityKeyIdOf = (value: DerElement | undefined): string | undefined =>
  value &&
  childrenOf(value, tags.sequence, 'authority key identifier')
    .find((part) => part.tag === contextTag(0, 'primitive'))
    ?.content.toString('hex');

const extension = (id: string, isCritical: boolean, value: Uint8Array): Buffer =>
  write.sequence(write.oid(id), ...(isCritical ? [write.isTrue] : []), write.octetString(value));

export const encodeKeyUsage = (usages: readonly KeyUsage[]): Buffer =>
  extension(
    oids.keyUsage,
    true,
    write.namedBits(keyUsageBits.filter(([, usage]) => usages.includes(usage)).map(([bit]) => bit)),
  );

export const encodeExtendedKeyUsage = (wanted: readonly KeyPurpose[]): Buffer =>
  extension(
    oids.extendedKeyUsage,
    false,
    write.sequence(...purposes.filter(([, purpose]) => wanted.includes(purpose)).map(([id]) => write.oid(id))),
  );

/** `pathLength` undefined: no limit. */
export const encodeCaConstraints = (pathLength: number | undefined): Buffer =>
  extension(
    oids.basicConstraints,
    true,
    write.sequence(write.isTrue, ...(pathLength === undefined ? [] : [write.smallInteger(pathLength)])),
  );

export const encodeLeafConstraints = (): Buffer => extension(oids.basicConstraints, true, write.sequence());

/** Critical where the subject is empty (RFC 5280 section 4.2.1.6). */
export const encodeSubjectAltName = (identity: string, isCritical: boolean): Buffer =>
  extension(oids.subjectAltName, isCritical, encodeIdentity(identity));

export const encodeSubjectKeyId = (keyId: Uint8Array): Buffer =>
  extension(oids.subjectKeyIdentifier, false, write.octetString(keyId));

export const encodeAuthorityKeyId = (keyId: Uint8Array): Buffer =>
  extension(oids.authorityKeyIdentifier, false, write.sequence(write.implicit(0, keyId)));
