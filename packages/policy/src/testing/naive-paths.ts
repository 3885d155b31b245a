/** Reference interpreter, part: paths with more than one reading. */

/** Percent-decoding, once; undefined where decoders disagree. */
export const decode = (path: string): string | undefined => {
  const bytes: number[] = [];
  for (let at = 0; at < path.length; at++) {
    if (path[at] !== '%') bytes.push(path.charCodeAt(at));
    else {
      const hex = path.slice(at + 1, at + 3).toLowerCase();
      if (!/^[0-9a-f]{2}$/.test(hex)) return undefined;
      if (hex === '2f' || hex === '5c' || hex < '20' || hex === '7f') return undefined;
      bytes.push(Number(`0x${hex}`));
      at += 2;
    }
  }
  const isOverlong = bytes.some(
    (byte, at) =>
      byte === 0xc0 ||
      byte === 0xc1 ||
      (byte === 0xe0 && isIn8(bytes[at + 1], 0x80, 0x9f)) ||
      (byte === 0xf0 && isIn8(bytes[at + 1], 0x80, 0x8f)),
  );
  const text = String.fromCharCode(...bytes);
  return isOverlong || /%[0-9a-f][0-9a-f]/i.test(text) ? undefined : text;
};

const isIn8 = (byte: number | undefined, low: number, high: number): boolean =>
  byte !== undefined && byte >= low && byte <= high;

const hasOddSegment = (path: string): boolean => {
  const segments = path.split('/').slice(1);
  return segments.some(
    (segment, at) => segment === '.' || segment === '..' || (segment === '' && at < segments.length - 1),
  );
};

/** Every way in which the path may be read; undefined when it is ambiguous in itself. */
export const readings = (path: string): readonly string[] | undefined => {
  const decoded = decode(path);
  const isOdd = path.split('').some((character) => character <= ' ' || character > '~' || '#\\'.includes(character));
  if (decoded === undefined || isOdd || hasOddSegment(path)) return undefined;
  const shortened = decoded.split('?')[0]?.split('#')[0] ?? '';
  const all = [decoded, shortened].flatMap((each) => [
    each,
    each
      .split('/')
      .map((segment) => segment.split(';')[0])
      .join('/'),
  ]);
  return all.some(hasOddSegment) ? undefined : all;
};
