/**
 * Character classes of HTTP/1 and the field names it knows, as tables indexed by octet. Reading outside a buffer gives
 * `undefined`, which no table entry equals, so scanners need no separate bounds check.
 */

const octets = (accepts: (octet: number) => boolean): Uint8Array<ArrayBuffer> => {
  const table = new Uint8Array(256);
  for (let octet = 0; octet < 256; octet++) table[octet] = accepts(octet) ? 1 : 0;
  return table;
};

const oneOf = (chars: string): ((octet: number) => boolean) => {
  const set = new Set(Buffer.from(chars));
  return (octet) => set.has(octet);
};

const letters = 'abcdefghijklmnopqrstuvwxyz';
const alphanumeric = `0123456789${letters}${letters.toUpperCase()}`;

const isUpper = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;
const isTokenOctet = oneOf(`!#$%&'*+-.^_\`|~${alphanumeric}`);

/** Lower-case form of each token octet (RFC 9110 §5.6.2), 0 for every other octet. */
export const tokenLower: Uint8Array<ArrayBuffer> = new Uint8Array(256).map((_, octet) =>
  isTokenOctet(octet) ? (isUpper(octet) ? octet + 32 : octet) : 0,
);

/** Octets of a field value (RFC 9110 §5.5): tab, blank, visible ASCII, and 0x80..0xFF. */
export const isValueOctet: Uint8Array<ArrayBuffer> = octets((o) => o === 0x09 || (o >= 0x20 && o !== 0x7f));

/** Octets of a request target: visible ASCII. What is not ASCII must be percent-encoded (RFC 3986 §2). */
export const isTargetOctet: Uint8Array<ArrayBuffer> = octets((o) => o > 0x20 && o < 0x7f);

/** Octets of a host name (RFC 3986 §3.2.2), without the comma, which makes one field look like a list of two. */
export const isHostOctet: Uint8Array<ArrayBuffer> = octets(oneOf(`${alphanumeric}-._~%!$&'()*+;=`));

/** Octets of a chunk extension's quoted string (RFC 9110 §5.6.4) but the quote and the backslash. */
export const isQuotedOctet: Uint8Array<ArrayBuffer> = octets((o) => isValueOctet[o] === 1 && o !== 0x22 && o !== 0x5c);

/** Value of each hexadecimal digit, 255 for every other octet. */
export const hexDigit: Uint8Array<ArrayBuffer> = new Uint8Array(256).map((_, octet) => {
  const digit = Number.parseInt(String.fromCharCode(octet), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** True if the text is a token (RFC 9110 §5.6.2). */
export const isToken = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if ((tokenLower[text.charCodeAt(i)] ?? 0) === 0) return false;
  return text.length > 0;
};
