import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { samePolicy } from './same-policy.ts';
import { anybody, anyPolicy, grant, httpPolicy, httpRoute, match } from './testing/index.ts';

test('a policy is the same as its copy', () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      expect(samePolicy(policy, structuredClone(policy))).toBe(true);
    }),
  );
});

test('policies are the same as far as JSON tells them apart', () => {
  fc.assert(
    fc.property(anyPolicy, anyPolicy, (a, b) => {
      const sorted = (value: unknown): string =>
        JSON.stringify(value, (_, field: unknown) =>
          typeof field === 'object' && field !== null && !Array.isArray(field)
            ? Object.fromEntries(Object.entries(field).toSorted(([x], [y]) => (x < y ? -1 : 1)))
            : field,
        );
      expect(samePolicy(a, b)).toBe(sorted(a) === sorted(b));
    }),
  );
});

const [g, h] = [grant('g', anybody), grant('h', anybody)];

test('order counts, an absent field is an undefined one', () => {
  expect(samePolicy(httpPolicy([], [g, h]), httpPolicy([], [h, g]))).toBe(false);
  const undefinedMethod = { ...match('/a'), method: undefined };
  expect(samePolicy(httpPolicy([httpRoute('r', ['/a'])]), httpPolicy([httpRoute('r', [undefinedMethod])]))).toBe(true);
  expect(samePolicy(httpPolicy([httpRoute('r', ['/a'])]), httpPolicy([httpRoute('r', ['GET /a'])]))).toBe(false);
});
