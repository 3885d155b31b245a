/** The system's tools, run without a shell; a failure names the command and what it said. */
import { spawnSync } from 'node:child_process';

/** @throws when the program is missing or fails */
export const runTool = (program: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  const said = error === undefined ? stderr.trim() || stdout.trim() : error.message;
  throw new Error(`${[program, ...args].join(' ')} failed: ${said}`);
};

/** In a network namespace, given by name. */
export const runToolIn = (namespace: string, program: string, ...args: readonly string[]): string =>
  runTool('nsenter', `--net=${namespacePath(namespace)}`, '--', program, ...args);

/** Where `ip netns` keeps the namespaces that have names. */
export const namespaceFolder = '/var/run/netns';
export const namespacePath = (namespace: string): string => `${namespaceFolder}/${namespace}`;
