/**
 * Percent-decoding of a path to the bytes it stands for (held as Latin-1 text), or undefined where decoders are known
 * to disagree about the result: that is the ground on which ambiguous-path.ts stands.
 */

const slash = 0x2f;
const backslash = 0x5c;
const percent = 0x25;

/**
 * Decodes every `%XX` once. Undefined for: a `%` without two hexadecimal digits; an encoded slash, backslash or control
 * character; text that could be decoded a second time (`%2561`); overlong UTF-8.
 */
export const decodePath = (path: string): string | undefined => {
  const first = path.indexOf('%');
  if (first < 0) return path;
  let decoded = path.slice(0, first);
  // What was decoded last, to find what spans it: a triplet that decoding has made, an overlong form.
  let before = 0;
  let last = 0;
  for (let at = first; at < path.length; ) {
    let byte = path.charCodeAt(at);
    if (byte === percent) {
      byte = tripletAt(path, at);
      if (byte < 0x20 || byte === 0x7f || byte === slash || byte === backslash) return undefined;
      decoded += String.fromCharCode(byte);
      at += 3;
    } else {
      const next = path.indexOf('%', at);
      const end = next < 0 ? path.length : next;
      if (before === percent && isHex(last) && isHex(byte)) return undefined;
      if (last === percent && isHex(byte) && end > at + 1 && isHex(path.charCodeAt(at + 1))) return undefined;
      decoded += path.slice(at, end);
      before = end > at + 1 ? path.charCodeAt(end - 2) : last;
      last = path.charCodeAt(end - 1);
      at = end;
      continue;
    }
    if ((before === percent && isHex(last) && isHex(byte)) || isOverlong(last, byte)) return undefined;
    before = last;
    last = byte;
  }
  return decoded;
};

/** The byte that `%XX` at `at` stands for, or -1. */
const tripletAt = (path: string, at: number): number => {
  if (at + 2 >= path.length) return -1;
  const high = hexValue(path.charCodeAt(at + 1));
  const low = hexValue(path.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
};

const hexValue = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

const isHex = (code: number): boolean => hexValue(code) >= 0;

/** Bytes that never occur in UTF-8 but in overlong forms of ASCII: `%c0%af` was once read as a slash. */
const isOverlong = (last: number, byte: number): boolean =>
  byte === 0xc0 ||
  byte === 0xc1 ||
  (last === 0xe0 && byte >= 0x80 && byte <= 0x9f) ||
  (last === 0xf0 && byte >= 0x80 && byte <= 0x8f);
