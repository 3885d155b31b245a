import { expect, test } from 'vitest';
import { definitions } from './definitions.ts';
import { explanations } from './explanations.ts';

test('every setting that an annotation can make is explained, and no other', () => {
  const annotated = Object.entries(definitions).flatMap(([key, { annotations }]) =>
    annotations.length > 0 ? [key] : [],
  );
  expect(Object.keys(explanations).toSorted()).toEqual(annotated.toSorted());
});
