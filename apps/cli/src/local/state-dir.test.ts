import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { StateDir } from './state-dir.ts';

test('writes that overlap all succeed, and the last one stays', async () => {
  await using directory = await TemporaryDirectory.create();
  const state = await StateDir.create(join(directory.path, 'state'));
  const numbers = Array.from({ length: 50 }, (_, number) => number);
  await Promise.all(numbers.map((number) => state.writeState({ number })));
  expect(JSON.parse(readFileSync(join(state.root, 'state.json'), 'utf8'))).toEqual({ number: 49 });
});
