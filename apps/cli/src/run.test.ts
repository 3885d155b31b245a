import { expect, test } from 'vitest';
import { goldenFile, runCommand } from './testing/command.ts';

test('the version', async () => {
  expect(await runCommand('--version')).toEqual({ exitCode: 0, out: '0.0.0-source\n', error: '' });
});

test.each([
  ['help', ['--help']],
  ['help-policy', ['policy', '--help']],
  ['help-policy-check', ['policy', 'check', '--help']],
  ['help-policy-explain', ['policy', 'explain', '--help']],
  ['help-identity', ['identity', '--help']],
  ['help-install', ['install', '--help']],
  ['help-check', ['check', '--help']],
  ['help-diagnostics', ['diagnostics', '--help']],
])('%s', async (name, args) => {
  const { exitCode, out, error } = await runCommand(...args);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  await expect(out).toMatchFileSnapshot(goldenFile(name));
});

test.each([
  [['frobnicate'], "error: unknown command 'frobnicate'\n(heddle --help says what it takes)\n"],
  [
    ['policy', 'chek'],
    "error: unknown command 'chek'\n(Did you mean check?)\n(heddle policy --help says what it takes)\n",
  ],
  [['policy', 'check'], "error: missing required argument 'path'\n(heddle policy check --help says what it takes)\n"],
  [
    ['policy', 'check', '.', '--strict'],
    "error: unknown option '--strict'\n(heddle policy check --help says what it takes)\n",
  ],
  [
    ['policy', 'explain', '.', '--to', 'a/b'],
    "error: required option '--from <client>' not specified\n(heddle policy explain --help says what it takes)\n",
  ],
  [
    ['policy', 'explain', '.', '--from', 'none', '--to', 'a/b', '--header', 'x'],
    "error: option '--header <name=value>' argument 'x' is invalid. Write it as name=value.\n(heddle policy explain --help says what it takes)\n",
  ],
  [
    ['policy', 'check', '.', '-o', 'yaml'],
    "error: option '-o, --output <form>' argument 'yaml' is invalid. Allowed choices are text, json.\n(heddle policy check --help says what it takes)\n",
  ],
  [
    ['identity', '127.0.0.1'.concat(':99999')],
    '"127.0.0.1:99999" is not an authority; write host or host:port, an IPv6 address in brackets\n',
  ],
  [
    ['identity', '127.0.0.1:4143'],
    'a proxy shows its certificate to whoever asks for its identity: add --server-name\n',
  ],
])('%j is a wrong call', async (args, error) => {
  expect(await runCommand(...args)).toEqual({ exitCode: 64, out: '', error });
});

test('without a command, help', async () => {
  const { exitCode, out, error } = await runCommand();
  expect({ exitCode, out }).toEqual({ exitCode: 64, out: '' });
  expect(error).toContain('Usage: heddle');
});
