import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathReadings } from './ambiguous-path.ts';
import { decodePath } from './decode-path.ts';

const triplet = /%[0-9a-fA-F]{2}/;
const refused = /%(?:[01][0-9a-fA-F]|7[fF]|2[fF]|5[cC])/;

/** The same by regular expressions, one rule after the other. */
const decodeNaively = (path: string): string | undefined => {
  if (/%(?![0-9a-fA-F]{2})/.test(path) || refused.test(path)) return undefined;
  const decoded = path.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  if (!path.includes('%')) return path;
  return triplet.test(decoded) || /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/.test(decoded) ? undefined : decoded;
};

const readNaively = (path: string): ReadonlySet<string> | undefined => {
  const decoded = decodeNaively(path);
  if (decoded === undefined) return undefined;
  const readings = [decoded, decoded.replace(/[?#].*$/s, '')].flatMap((each) => [each, each.replace(/;[^/]*/g, '')]);
  return readings.some((each) => /\/(?:\/|\.\.?(?:\/|$))/.test(each)) ? undefined : new Set(readings);
};

const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('%25', '%2', '%', '4', '1', 'f', 'g', '/', '.', ';', 'a', '%41', '%3f', '%23'),
  },
  fc.constantFrom(
    '%3b',
    '%2e',
    '%2F',
    '%5c',
    '%e0',
    '%80',
    '%9f',
    '%a0',
    '%f0',
    '%8f',
    '%90',
    '%c0',
    '%c3%a9',
    '%00',
    '%7F',
  ),
);
const path = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`);

test('decoding and readings are what the rules say', () => {
  fc.assert(
    fc.property(path, (text) => {
      expect(decodePath(text)).toBe(decodeNaively(text));
      const readings = pathReadings(text);
      expect(readings === undefined ? undefined : new Set(readings)).toEqual(readNaively(text));
    }),
    { numRuns: 20_000 },
  );
});
