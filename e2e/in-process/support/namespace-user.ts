/** Somebody inside a network namespace of a mesh: what they try, and how it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const script = join(import.meta.dirname, 'inside.main.ts');

/** Field of /proc/PID/status, as in `Uid` or `CapEff`: its first word. */
export const processStatus = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

export class NamespaceUser {
  readonly #command: readonly [string, ...string[]];

  /** A user without capabilities, as an application runs; root (uid 0) keeps them. */
  constructor(namespace: string, uid: number) {
    const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs'];
    const enter = [`--net=/var/run/netns/${namespace}`, '--'];
    this.#command = uid === 0 ? ['nsenter', ...enter] : ['nsenter', ...enter, 'setpriv', ...identity, '--'];
  }

  /** Whether a program run here ends well. */
  can(...command: readonly string[]): boolean {
    const [program, ...args] = this.#command;
    return spawnSync(program, [...args, ...command]).status === 0;
  }

  /** URL -> who or what answered. */
  attempt(urls: readonly string[]): Record<string, string> {
    const [program, ...args] = this.#command;
    const command = [...args, process.execPath, script, 'try', ...urls];
    const { status, stdout, stderr } = spawnSync(program, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const answers = JSON.parse(stdout) as string[];
    return Object.fromEntries(urls.map((url, index) => [url, answers[index] ?? '']));
  }

  /** Listens on a port, and resolves once it does. The caller ends the process. */
  async serve(port: number): Promise<ChildProcess> {
    const [program, ...args] = this.#command;
    const child = spawn(program, [...args, process.execPath, script, 'serve', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }
}
