import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MultiMap } from './multi-map.ts';

test('holds what a map of sets would hold', () => {
  const step = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y', 'z'), fc.boolean());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new MultiMap<string>();
      const model = { a: new Set<string>(), b: new Set<string>() };
      for (const [key, value, isAdd] of steps) {
        if (isAdd) map.add(key, value);
        else map.delete(key, value);
        if (isAdd) model[key].add(value);
        else model[key].delete(value);
        expect([map.get('a'), map.get('b')]).toEqual([model.a, model.b]);
      }
    }),
  );
});
