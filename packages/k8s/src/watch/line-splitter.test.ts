import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

test('lines do not depend on where the bytes are cut; what follows the last line end is kept', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line), line, fc.array(fc.nat({ max: 9 })), (lines, rest, cuts) => {
      const bytes = Buffer.from([...lines, rest].join('\n'));
      const splitter = new LineSplitter(1024);
      const seen: string[] = [];
      let start = 0;
      for (const cut of cuts) {
        seen.push(...splitter.push(bytes.subarray(start, start + cut)));
        start += cut;
      }
      seen.push(...splitter.push(bytes.subarray(start)));
      expect(seen).toEqual(lines);
      expect(splitter.push(Buffer.from('\n'))).toEqual([rest]);
    }),
  );
});

test('a line has a bound, whole or in pieces', () => {
  expect(new LineSplitter(3).push(Buffer.from('abc\n'))).toEqual(['abc']);
  expect(() => new LineSplitter(3).push(Buffer.from('abcd\n'))).toThrow(RangeError);
  const splitter = new LineSplitter(3);
  splitter.push(Buffer.from('ab'));
  expect(() => splitter.push(Buffer.from('cd'))).toThrow('exceeds 3 bytes');
});
