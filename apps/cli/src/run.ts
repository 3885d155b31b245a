/** The command line: which commands there are. Each has a folder of its own. */
import { version } from '@heddle/runtime';
import { Command, CommanderError } from 'commander';
import { identityCommand } from './identity/command.ts';
import { localCommand } from './local/command.ts';
import { exitCodes, type Output, processOutput } from './output.ts';
import { policyCommand } from './policy/command.ts';

/** Runs one command line (without the program's own name) and returns the exit code. */
export const run = async (args: readonly string[], output: Output = processOutput): Promise<number> => {
  let exitCode: number = exitCodes.ok;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = new Command('heddle')
    .description('a zero-trust service mesh')
    .version(version)
    .addCommand(localCommand())
    .addCommand(policyCommand(output, finish))
    .addCommand(identityCommand(output, finish));
  prepare(program, output);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    throw error;
  }
};

/** Subcommands inherit neither where to write nor how to end. */
const prepare = (command: Command, output: Output): void => {
  command
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError(`(${commandPath(command)} --help says what it takes)`)
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.error(text) });
  for (const child of command.commands) prepare(child, output);
};

const commandPath = (command: Command): string =>
  command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
