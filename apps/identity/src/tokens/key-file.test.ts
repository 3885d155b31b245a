import { rm } from 'node:fs/promises';
import { createTokenMint, TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { logLines } from '../testing/log-lines.ts';
import { KeyFile } from './key-file.ts';

test('keys follow the file; a file that cannot be used leaves the last good keys; an empty set is taken as it is', async () => {
  await using dir = await TemporaryDirectory.create();
  const { log, lines } = logLines();
  const seen: string[] = [];
  const path = dir.file('jwks.json');
  const file = new KeyFile({
    path,
    log,
    onKeys: ({ keys }) => seen.push(keys.map(({ kid }) => kid).join()),
    onFailure: () => seen.push('failure'),
  });
  const read = async (content: unknown): Promise<void> => {
    if (content === undefined) await rm(path, { force: true });
    else await dir.write('jwks.json', typeof content === 'string' ? content : JSON.stringify(content));
    await file.read();
  };
  const [a, b] = await Promise.all([createTokenMint('ES256', 'a'), createTokenMint('ES256', 'b')]);

  await read(undefined);
  expect(file.isLoaded).toBe(false);
  await read('{');
  expect(file.isLoaded).toBe(false);
  await read(a.jwks);
  expect(file.isLoaded).toBe(true);
  await read(a.jwks);
  await read('');
  await read('');
  await read(a.jwks);
  await read('');
  await read(undefined);
  await read(b.jwks);
  await read({ keys: [{ kty: 'oct', k: 'AAAA' }] });
  expect(seen).toEqual(['failure', 'failure', 'a', 'failure', 'failure', 'failure', 'b', '']);
  expect(lines.map(({ msg }) => msg)).toContain('no usable token key: every token is refused');
  expect(lines).toContainEqual(expect.objectContaining({ problem: expect.stringContaining('key type "oct"') }));
  expect(lines).toContainEqual(expect.objectContaining({ reason: 'it is not JSON', keeping: 'the last good keys' }));
});
