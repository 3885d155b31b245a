import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPortRange, multiportGroups, multiportSlots } from './port-ranges.ts';

const single = (port: number) => ({ first: port, last: port });

test('a rule takes 15 ports, and a range counts as two', () => {
  const ports = Array.from({ length: 16 }, (_, index) => single(index + 1));
  expect(multiportGroups(ports).map(({ length }) => length)).toEqual([15, 1]);
  const ranges = Array.from({ length: 8 }, (_, index) => ({ first: index * 10 + 1, last: index * 10 + 5 }));
  expect(multiportGroups(ranges).map(({ length }) => length)).toEqual([7, 1]);
  expect(multiportGroups([])).toEqual([]);
});

test('groups keep every port, in order, within the limit', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const range = fc.tuple(port, port).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
      const groups = multiportGroups(ranges);
      expect(groups.flat()).toEqual(ranges);
      for (const group of groups) {
        const numbers = group.map(formatPortRange).join(',').split(/[,:]/).length;
        expect(numbers).toBeGreaterThan(0);
        expect(numbers).toBeLessThanOrEqual(multiportSlots);
      }
    }),
  );
});
