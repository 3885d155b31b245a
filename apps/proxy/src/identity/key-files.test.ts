import { readFile, stat } from 'node:fs/promises';
import { parseCsr } from '@heddle/pki';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { firstKey } from './key-files.ts';

const identity = 'web.shop.serviceaccount.identity.linkerd.cluster.local';

test('a key and a request are made when missing, for our eyes only, and taken the next time', async () => {
  await using directory = await TemporaryDirectory.create();
  const folder = directory.file('end-entity');
  const key = await firstKey(folder, identity);
  expect((await stat(`${folder}/key.p8`)).mode & 0o777).toBe(0o600);
  const request = parseCsr(await readFile(`${folder}/csr.der`));
  expect(request).toMatchObject({ kind: 'ok', value: { names: { dns: [identity] } } });
  expect((await firstKey(folder, identity)).equals(key)).toBe(true);
});

test('a key that is none is an error that says what to do', async () => {
  await using directory = await TemporaryDirectory.create();
  await directory.write('key.p8', 'nonsense');
  await expect(firstKey(directory.path, identity)).rejects.toThrow(/key\.p8: .*; remove it and a new key is made/);
});
