import { rm } from 'node:fs/promises';
import { FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { MaterialReader } from './material.ts';

const server = new URL('https://api');

test('follows a token file, by the minute or at once', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('token', 'first\n');
  const clock = new FakeClock();
  const reader = new MaterialReader({ server, token: { kind: 'file', file }, namespace: 'default' }, clock);
  const first = await reader.read();
  expect(first.token).toBe('first');

  await directory.write('token', 'second\n');
  clock.advance(59_999);
  expect(await reader.read()).toBe(first);
  clock.advance(1);
  expect((await reader.read()).token).toBe('second');

  await directory.write('token', 'third\n');
  reader.expire();
  expect((await reader.read()).token).toBe('third');
});

test('keeps what was good while a file is gone or empty, but needs it once', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('token', 'good');
  const connection = { server, token: { kind: 'file', file }, namespace: 'default' } as const;
  const reader = new MaterialReader(connection, new FakeClock());
  await reader.read();
  await directory.write('token', '');
  reader.expire();
  expect((await reader.read()).token).toBe('good');
  await expect(new MaterialReader(connection, new FakeClock()).read()).rejects.toThrow('is empty');
  await rm(file);
  await expect(new MaterialReader(connection, new FakeClock()).read()).rejects.toThrow('cannot be read');
});
