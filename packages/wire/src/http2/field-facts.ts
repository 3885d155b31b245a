/**
 * What one field is and whether it is well-formed, by itself (RFC 9113 section 8.2 and 8.3): a number that the HPACK
 * decoder keeps with every line it remembers, so that a repeated field is looked at once. 0 is an ordinary, valid field.
 *
 * Stricter than HTTP/2 where HTTP/1 is: a field that could not be written into an HTTP/1 head is malformed here already.
 */
import { isTargetOctet, isToken, isValueOctet, tokenLower } from '../http1/grammar.ts';
import { isAuthority } from '../http1/target.ts';

/** The low bits of the facts: which field it is, where that matters. */
export const FieldKind = {
  ordinary: 0,
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  status: 5,
  /** A pseudo-header field that is not known, or of an extension that we did not offer. */
  otherPseudo: 6,
  host: 7,
  contentLength: 8,
  te: 9,
  cookie: 10,
  /** Specific to HTTP/1 connections (section 8.2.2). */
  connectionSpecific: 11,
} as const;

export const kindMask = 0x0f;
/** The name is not a lower-case token. */
export const badNameFact = 0x10;
/** The value is not what this field may have. */
export const badValueFact = 0x20;

const kinds: ReadonlyMap<string, number> = new Map([
  [':method', FieldKind.method],
  [':scheme', FieldKind.scheme],
  [':authority', FieldKind.authority],
  [':path', FieldKind.path],
  [':status', FieldKind.status],
  ['host', FieldKind.host],
  ['content-length', FieldKind.contentLength],
  ['te', FieldKind.te],
  ['cookie', FieldKind.cookie],
  ['connection', FieldKind.connectionSpecific],
  ['keep-alive', FieldKind.connectionSpecific],
  ['proxy-connection', FieldKind.connectionSpecific],
  ['transfer-encoding', FieldKind.connectionSpecific],
  ['upgrade', FieldKind.connectionSpecific],
]);

/** The facts of a field: a `FieldKind`, and `badNameFact` and `badValueFact` where they hold. */
export const classifyField = (name: string, value: string): number => {
  const kind = kinds.get(name);
  if (kind !== undefined) return isValueOf(kind, value) ? kind : kind | badValueFact;
  if (name.charCodeAt(0) === colon) return FieldKind.otherPseudo;
  if (!isLowerToken(name)) return badNameFact;
  return isFieldValue(value) ? FieldKind.ordinary : badValueFact;
};

const colon = 0x3a;

const isValueOf = (kind: number, value: string): boolean => {
  switch (kind) {
    case FieldKind.method:
      return isToken(value);
    case FieldKind.scheme:
      return value === 'http' || value === 'https';
    case FieldKind.authority:
    case FieldKind.host:
      return value === '' || isAuthority(value, false);
    case FieldKind.path:
      return (value.charCodeAt(0) === slash || value === '*') && isAll(value, isTargetOctet);
    case FieldKind.status:
      return value.length === 3 && isNumber(value);
    case FieldKind.contentLength:
      return value.length <= 15 && (value === '0' || isNumber(value));
    case FieldKind.te:
      return value === 'trailers';
    default:
      return isFieldValue(value);
  }
};

/** Digits, the first of which is not 0. */
const isNumber = (value: string): boolean => {
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - zero;
    if (digit < (i === 0 ? 1 : 0) || digit > 9) return false;
  }
  return value.length > 0;
};

const zero = 0x30;
const slash = 0x2f;

const isLowerToken = (name: string): boolean => {
  for (let i = 0; i < name.length; i++) {
    const octet = name.charCodeAt(i);
    // The table says 0 of what is no token octet, NUL included.
    if (octet === 0 || tokenLower[octet] !== octet) return false;
  }
  return name.length > 0;
};

/** Tab, blank, visible ASCII and 0x80 to 0xff, with no blank or tab at either end (RFC 9110 section 5.5). */
const isFieldValue = (value: string): boolean =>
  isAll(value, isValueOctet) && !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));

/** True if every char of a Latin-1 text is of the class. */
const isAll = (text: string, table: Uint8Array): boolean => {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false;
  return true;
};

const isBlank = (octet: number): boolean => octet === 0x20 || octet === 0x09;
