import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readManifest } from './manifest-file.ts';
import { parseObject } from './parse-object.ts';

const fragments = [
  'apiVersion: policy.linkerd.io/v1beta3\n',
  'kind: Server\n',
  'kind: List\n',
  'metadata: { name: a }\n',
  'spec:\n',
  'items:\n',
  '  port: 80\n',
  '  podSelector: {}\n',
  '- ',
  '  ',
  '? ',
  ': ',
  '&a ',
  '*a ',
  '<<: *a\n',
  '!!binary ',
  '!<x> ',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '|\n',
  '[',
  ']',
  '{',
  '}',
  '"',
  '#',
  '\t',
  '\r',
  '\u0000',
  '.inf',
  '2026-01-01',
];
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 3 })), { maxLength: 30 })
    .map((parts) => parts.join('')),
);

test('whatever the text, reading answers, and every problem has a line of the text', () => {
  fc.assert(
    fc.property(text, (input) => {
      const lines = input.split('\n').length;
      for (const { line } of readManifest('a.yaml', input, parseObject).problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
      }
    }),
    { numRuns: 2000 },
  );
});
