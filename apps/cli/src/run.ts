/** The command line: which commands there are. Each has a folder of its own. */
import { version } from '@heddle/runtime';
import { Command, CommanderError } from 'commander';
import { authzCommand } from './authz/command.ts';
import { checkCommand } from './check/command.ts';
import { failureText } from './cluster/failure.ts';
import { completionCommand } from './completion/command.ts';
import { diagnosticsCommand } from './diagnostics/command.ts';
import { identityCommand } from './identity/command.ts';
import { injectCommand, uninjectCommand } from './inject/command.ts';
import { installCommand, uninstallCommand, upgradeCommand } from './install/command.ts';
import { localCommand } from './local/command.ts';
import { exitCodes, type Output, processOutput } from './output.ts';
import { policyCommand } from './policy/command.ts';
import { versionCommand } from './version/command.ts';

/** Runs one command line (without the program's own name) and returns the exit code. */
export const run = async (args: readonly string[], output: Output = processOutput): Promise<number> => {
  let exitCode: number = exitCodes.ok;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = createProgram(output, finish);
  prepare(program, output);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const reason = failureText(error);
    if (reason === undefined) throw error;
    output.error(`${reason}\n`);
    return exitCodes.failed;
  }
};

/** All commands. `finish` receives the exit code of the one that runs. */
export const createProgram = (output: Output, finish: (code: number) => void): Command => {
  const program = new Command('heddle').description('a zero-trust service mesh').version(version);
  program
    .addCommand(installCommand(output, finish))
    .addCommand(upgradeCommand(output, finish))
    .addCommand(uninstallCommand(output, finish))
    .addCommand(checkCommand(output, finish))
    .addCommand(injectCommand(output, finish))
    .addCommand(uninjectCommand(output, finish))
    .addCommand(policyCommand(output, finish))
    .addCommand(authzCommand(output, finish))
    .addCommand(identityCommand(output, finish))
    .addCommand(diagnosticsCommand(output, finish))
    .addCommand(localCommand())
    .addCommand(versionCommand(output, finish))
    .addCommand(completionCommand(output, () => program));
  return program;
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
