/** `heddle completion`: a script for a shell, made of the definitions of the commands. */
import { Argument, Command } from 'commander';
import type { Output } from '../output.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { commandTree } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** @param program all commands; asked for when the command runs */
export const completionCommand = (output: Output, program: () => Command): Command =>
  new Command('completion')
    .description('write a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => output.out(shells[shell](commandTree(program()))));
