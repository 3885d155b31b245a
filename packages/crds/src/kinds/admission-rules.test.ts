/** The rules of admission (features §2.6), row by row. */
import { expect, test } from 'vitest';
import { problemsOf } from '../testing/index.ts';
import {
  invalidGatewayResources,
  invalidPolicyResources,
  validGatewayResources,
  validResources,
} from '../testing/invalid-resources.ts';

test.each([...invalidPolicyResources, ...invalidGatewayResources])('$why is refused', ({ manifest, message }) => {
  const errors = problemsOf(manifest).filter((line) => !line.startsWith('warning: '));
  expect(errors.join('\n')).toContain(message);
});

test.each([...validResources, ...validGatewayResources])('$apiVersion $kind is taken (%#)', (manifest) => {
  expect(problemsOf(manifest)).toEqual([]);
});
