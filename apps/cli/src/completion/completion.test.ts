import { execFileSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { goldenFile, runCommand } from '../testing/command.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { commandTree } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const small = (): Command => {
  const program = new Command('heddle').description('a mesh');
  const policy = new Command('policy').description("check what it's for");
  policy
    .command('explain')
    .description('say why: permit or deny')
    .argument('[path...]')
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']))
    .option('--from <client>', 'who');
  return program.addCommand(policy).addCommand(new Command('hidden-one'), { hidden: true });
};

test.each([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
])('a script for %s', async (shell, script) => {
  await expect(script(commandTree(small()))).toMatchFileSnapshot(goldenFile(`completion-${shell}`));
});

/** What bash would offer after these words. */
const offered = (script: string, ...words: readonly string[]): readonly string[] => {
  const list = words.map((word) => `'${word}'`).join(' ');
  const ask = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _heddle; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
};

test('bash completes commands, options and choices', async () => {
  const { out: script, exitCode } = await runCommand('completion', 'bash');
  expect(exitCode).toBe(0);
  expect(offered(script, 'heddle', 'po')).toEqual(['policy']);
  expect(offered(script, 'heddle', 'policy', 'ex')).toEqual(['explain']);
  expect(offered(script, 'heddle', 'check', '--pr')).toEqual(['--pre', '--proxy']);
  expect(offered(script, 'heddle', 'check', '-o', '')).toEqual(['table', 'short', 'json']);
  expect(offered(script, 'heddle', 'policy', 'check', 'some.yaml', '--par')).toEqual(['--partial']);
  expect(offered(script, 'heddle', 'check', '--kubeconfig', '')).toEqual([]);
});

test('another shell', async () => {
  expect((await runCommand('completion', 'tcsh')).error).toContain('Allowed choices are bash, zsh, fish.');
});
