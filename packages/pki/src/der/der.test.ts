import { expect, test } from 'vitest';
import { parsing } from './malformed.ts';
import { readDer } from './read.ts';
import { booleanOf, integerBytesOf, namedBitsOf, oidOf, smallIntegerOf, timeOf } from './values.ts';
import * as write from './write.ts';

const limits = { maxBytes: 64, maxDepth: 4 };
const read = (hex: string) => readDer(Buffer.from(hex.replaceAll(' ', ''), 'hex'), limits);
const reasonOf = (run: () => unknown): string => {
  const result = parsing(run);
  return result.kind === 'invalid' ? result.reason : 'accepted';
};

test.each([
  ['', 'truncated'],
  ['30', 'truncated'],
  ['02 01', 'truncated: 1 bytes missing'],
  ['30 03 02 02 00', 'truncated: 1 bytes missing'],
  ['30 80 00 00', 'indefinite length'],
  ['04 81 01 00', 'length not minimal'],
  ['04 82 00 80', 'length not minimal'],
  ['04 84 00 00 00 01 00', 'length of 4 bytes'],
  ['05 00 00', '1 bytes after the end'],
  ['1f 81 01 00', 'tag number over 30'],
  ['30 06 30 04 30 02 30 00', 'accepted'],
  ['30 08 30 06 30 04 30 02 30 00', 'nested too deeply'],
  [`04 41${'00'.repeat(65)}`, 'larger than 64 bytes'],
  ['30 02 02 01 00', 'truncated'],
])('structure %s: %s', (hex, expected) => {
  expect(reasonOf(() => read(hex))).toContain(expected);
});

test.each([
  ['boolean', '01 01 ff', 'accepted', booleanOf],
  ['boolean', '01 01 01', 'not a boolean', booleanOf],
  ['boolean', '01 02 ff ff', 'not a boolean', booleanOf],
  ['integer', '02 00', 'is empty', integerBytesOf],
  ['integer', '02 02 00 7f', 'not minimal', integerBytesOf],
  ['integer', '02 02 ff 80', 'not minimal', integerBytesOf],
  ['integer', '02 02 00 80', 'accepted', integerBytesOf],
  ['small integer', '02 01 ff', 'out of range', smallIntegerOf],
  ['small integer', '02 05 00 ff ff ff ff', 'out of range', smallIntegerOf],
  ['oid', '06 00', 'has 0 bytes', oidOf],
  ['oid', '06 02 80 01', 'not minimal', oidOf],
  ['oid', '06 01 81', 'is truncated', oidOf],
  ['oid', '06 0a ff ff ff ff ff ff ff ff ff 7f', 'too large', oidOf],
  ['bits', '03 02 01 06', 'accepted', namedBitsOf],
  ['bits', '03 02 00 06', 'trailing zero bits', namedBitsOf],
  ['bits', '03 02 02 06', 'padding', namedBitsOf],
  ['bits', '03 00', 'not a set of bits', namedBitsOf],
  ['bits', '03 02 08 80', 'not a set of bits', namedBitsOf],
  ['integer', '01 01 ff', 'has tag 0x1, expected 0x2', integerBytesOf],
] as const)('%s %s: %s', (_kind, hex, expected, valueOf) => {
  expect(reasonOf(() => valueOf(read(hex), 'the value'))).toContain(expected);
});

test.each([
  ['260601120000Z', 'accepted'],
  ['260230120000Z', 'does not exist'],
  ['260601240000Z', 'does not exist'],
  ['260601116000Z', 'does not exist'],
  ['2606011200Z', 'not a time in UTC with seconds'],
  ['260601120000+0100', 'not a time in UTC with seconds'],
])('UTCTime %s: %s', (text, expected) => {
  expect(reasonOf(() => timeOf(readDer(write.element(0x17, Buffer.from(text)), limits), 'the time'))).toContain(
    expected,
  );
});

test.each([
  ['1950-01-01T00:00:00Z', 0x17],
  ['1999-12-31T23:59:59Z', 0x17],
  ['2049-12-31T23:59:59Z', 0x17],
  ['2050-01-01T00:00:00Z', 0x18],
  ['9999-12-31T23:59:59Z', 0x18],
])('%s is written with tag %i and read back (RFC 5280 section 4.1.2.5)', (iso, tag) => {
  const element = readDer(write.time(Date.parse(iso) + 999), limits);
  expect(element.tag).toBe(tag);
  expect(timeOf(element, 'the time')).toBe(Date.parse(iso));
});

test.each(['0.9', '1.2.840.113549.1.1.11', '2.5.29.17', '2.999.3', '2.16.840.1.101.3.4.2.1'])('oid %s', (dotted) => {
  // The root arc 2 takes second arcs over 39 in the same base-128 digit string.
  expect(oidOf(readDer(write.oid(dotted), limits), 'the oid')).toBe(dotted);
});
