/** Child processes of a benchmark: started, waited for, ended by pid. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';

export const startChild = (
  command: readonly [string, ...string[]],
  logFile: string,
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess => {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('error', (error) => log.write(`${error.message}\n`));
  return child;
};

export const stopChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

/** The direct children of a process. */
export const childPids = (pid: number): number[] => {
  try {
    const out = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
    return out
      .split('\n')
      .map(Number)
      .filter((child) => child > 0);
  } catch {
    return [];
  }
};

/** Resolves once something accepts connections there; throws after ten seconds. */
export const awaitPort = async (host: string, port: number): Promise<void> => {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (performance.now() > deadline) throw new Error(`nothing listens on ${host}:${port}; see the logs of the peer`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
};
