import { type LabelSelector, matchesSelector } from '@heddle/crds';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabelIndex, SelectorIndex } from './label-index.ts';

const key = fc.constantFrom('app', 'tier', 'constructor');
const value = fc.constantFrom('a', 'b', '');
const labels = fc.dictionary(key, value, { noNullPrototype: true });
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true }),
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({ operator: fc.constantFrom('In' as const, 'NotIn' as const), key, values: fc.array(value) }),
      fc.record({ operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const), key }),
    ),
    { maxLength: 2 },
  ),
});

const byNumber = (a: number, b: number): number => a - b;

test('both indexes agree with trying every pair, also after deletions', () => {
  fc.assert(
    fc.property(fc.array(labels), fc.array(selector), fc.func(fc.boolean()), (objects, selectors, isGone) => {
      const byLabel = new LabelIndex<number>();
      const bySelector = new SelectorIndex<number>();
      for (const [at, object] of objects.entries()) byLabel.add(at, object);
      for (const [at, each] of selectors.entries()) bySelector.add(at, each);
      for (const at of objects.keys()) if (isGone('object', at)) byLabel.delete(at);
      for (const at of selectors.keys()) if (isGone('selector', at)) bySelector.delete(at);
      for (const [at, each] of selectors.entries()) {
        const expected = [...objects.keys()].filter(
          (object) => !isGone('object', object) && matchesSelector(each, objects[object] ?? {}),
        );
        expect(byLabel.selectedBy(each).sort(byNumber), `selector ${at}`).toEqual(expected.sort(byNumber));
      }
      for (const object of objects) {
        const expected = [...selectors.entries()].flatMap(([at, each]) =>
          !isGone('selector', at) && matchesSelector(each, object) ? [at] : [],
        );
        expect(bySelector.selecting(object).sort(byNumber)).toEqual(expected.sort(byNumber));
      }
    }),
  );
});
