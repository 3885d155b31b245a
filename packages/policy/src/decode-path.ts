/**
 * Percent-decoding of a path to the bytes it stands for (held as Latin-1 text), or undefined where decoders are known
 * to disagree about the result: that is the ground on which ambiguous-path.ts stands.
 */

const slash = 0x2f;
const backslash = 0x5c;
const triplet = /%[0-9a-fA-F]{2}/;
// Bytes that never occur in UTF-8 but in overlong forms of ASCII: %c0%af was once read as a slash.
const overlong = /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/;

/**
 * Decodes every `%XX` once. Undefined for: a `%` without two hexadecimal digits; an encoded slash, backslash or control
 * character; text that could be decoded a second time (`%2561`); overlong UTF-8.
 */
export const decodePath = (path: string): string | undefined => {
  if (!path.includes('%')) return path;
  let decoded = '';
  let from = 0;
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', from)) {
    if (!triplet.test(path.slice(at, at + 3))) return undefined;
    const byte = Number.parseInt(path.slice(at + 1, at + 3), 16);
    if (byte < 0x20 || byte === 0x7f || byte === slash || byte === backslash) return undefined;
    decoded += path.slice(from, at) + String.fromCharCode(byte);
    from = at + 3;
  }
  decoded += path.slice(from);
  return triplet.test(decoded) || overlong.test(decoded) ? undefined : decoded;
};
