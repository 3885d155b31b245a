import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { treeOf, writeLayer } from './layer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-layer-'));
  mkdirSync(join(folder, 'in/sub'), { recursive: true });
  writeFileSync(join(folder, 'in/sub/program'), 'x'.repeat(600));
  chmodSync(join(folder, 'in/sub/program'), 0o700);
  writeFileSync(join(folder, `in/sub/${'long'.repeat(40)}`), 'y');
  symlinkSync('program', join(folder, 'in/sub/link'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const listed = (file: string): string =>
  spawnSync('tar', ['-tvf', file], { encoding: 'utf8', env: { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' } })
    .stdout;

test('holds the tree, owned by root, readable by all, with the folders that lead to it', () => {
  const { file, bytes } = writeLayer(join(folder, 'layer.tar'), treeOf(join(folder, 'in'), '/usr/lib/'));
  const words = listed(file)
    .trim()
    .split('\n')
    .map((line) => line.split(/ +/));
  expect(words.map(([mode, owner, size, , , ...name]) => [mode, owner, size, name.join(' ')])).toEqual([
    ['drwxr-xr-x', '0/0', '0', 'usr/'],
    ['drwxr-xr-x', '0/0', '0', 'usr/lib/'],
    ['drwxr-xr-x', '0/0', '0', 'usr/lib/sub/'],
    ['lrwxrwxrwx', '0/0', '0', 'usr/lib/sub/link -> program'],
    ['-rw-r--r--', '0/0', '1', `usr/lib/sub/${'long'.repeat(40)}`],
    ['-rwxr-xr-x', '0/0', '600', 'usr/lib/sub/program'],
  ]);
  expect(readFileSync(file).length).toBe(bytes);
});

test('the same content gives the same digest, other content another', () => {
  const write = (name: string): string => writeLayer(join(folder, name), treeOf(join(folder, 'in'), '/')).digest;
  const first = write('a.tar');
  expect(write('b.tar')).toBe(first);
  chmodSync(join(folder, 'in/sub/program'), 0o600);
  expect(write('c.tar')).not.toBe(first);
});

test('capabilities of a file are in the attribute that the kernel reads', () => {
  const tree = treeOf(join(folder, 'in'), '/');
  const { file } = writeLayer(join(folder, 'layer.tar'), tree, new Map([['sub/program', 0x3000]]));
  const records = readFileSync(file).toString('latin1');
  const value = `\0\0\0\x02\0\x30${'\0'.repeat(14)}`;
  expect(records).toContain(`57 SCHILY.xattr.security.capability=${value}\n`);
  expect(listed(file)).toContain('sub/program');
});
