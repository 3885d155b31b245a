/** Runs the system's tools: without a shell, in another network namespace when asked, and with errors that help. */
import { execFile } from 'node:child_process';
import { adviceFor } from './advice.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
}

export type CommandResult =
  | { readonly kind: 'ok'; readonly stdout: string }
  /** `why` names the command, quotes what it said and tells what to do. */
  | { readonly kind: 'failed'; readonly why: string };

export type RunCommand = (command: Command) => Promise<CommandResult>;

/** A lock that is never released must not hold a pod for ever. */
const timeoutMs = 60_000;
const maxOutputBytes = 16 * 1024 * 1024;

/** `netns`: path of a network namespace to run everything in, as in `/proc/123/ns/net`; undefined: the process's own. */
export const commandRunner =
  (netns: string | undefined): RunCommand =>
  (command) => {
    const { program, args, input } = inNamespace(command, netns);
    return new Promise((resolve) => {
      const child = execFile(
        program,
        args,
        { timeout: timeoutMs, maxBuffer: maxOutputBytes },
        (error, stdout, stderr) => {
          resolve(
            error === null ? { kind: 'ok', stdout } : { kind: 'failed', why: failureText(command, error, stderr) },
          );
        },
      );
      // A program that ends without reading says why on stderr; the broken pipe says nothing more.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input ?? '');
    });
  };

/** The command as it is run. */
export const inNamespace = (command: Command, netns: string | undefined): Command =>
  netns === undefined
    ? command
    : { ...command, program: 'nsenter', args: [`--net=${netns}`, '--', command.program, ...command.args] };

/** The command with its input, as one would type it. */
export const describeCommand = (command: Command): string =>
  command.input === undefined ? formatCommand(command) : `${formatCommand(command)} <<END\n${command.input}END`;

const formatCommand = ({ program, args }: Command): string => [program, ...args].join(' ');

const failureText = (
  command: Command,
  error: Error & { readonly code?: string | number | null; readonly killed?: boolean },
  stderr: string,
): string => {
  const said = stderr.trim() || (error.killed === true ? `no end after ${timeoutMs / 1000} s` : error.message);
  const line = failedLine(command.input, said);
  const where = line === undefined ? '' : ` at "${line}"`;
  return `${formatCommand(command)} failed${where}: ${said}; ${adviceFor(error.code, said, command.program)}`;
};

/** iptables-restore says `line 7 failed`, or `Error occurred at line: 7`, of its input. */
const failedLine = (input: string | undefined, said: string): string | undefined => {
  const number = /line:? (\d+)/.exec(said)?.[1];
  return number === undefined ? undefined : input?.split('\n')[Number(number) - 1];
};
