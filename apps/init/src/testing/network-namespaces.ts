/**
 * Two network namespaces joined by a cable, for one test file: `pod`, whose traffic is redirected, and `peer`, which is
 * everybody else. Nothing here can reach any other network.
 *
 *     peer 10.9.0.1 fd77::1  ───────────  pod 10.9.0.2 fd77::2   (default route: peer)
 *          10.9.0.99 fd77::99
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const initMain = join(import.meta.dirname, '..', 'main.ts');
const answering = join(import.meta.dirname, 'answering.main.ts');
const dialling = join(import.meta.dirname, 'dialling.main.ts');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test of redirection needs and this machine lacks, by name. */
export const missingCapabilities = (): string[] => [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...['ip -V', 'nsenter -V', 'iptables-nft -V', 'iptables-legacy -V', 'ip6tables-nft -V'].flatMap((command) => {
    const [program = '', ...args] = command.split(' ');
    return spawnSync(program, args).status === 0 ? [] : [program];
  }),
  ...['iptables-nft', 'iptables-legacy', 'ip6tables-nft', 'ip6tables-legacy'].flatMap((program) =>
    spawnSync('unshare', ['-nm', program, '-t', 'nat', '-L']).status === 0 ? [] : [`a kernel with ${program}`],
  ),
];

export class NetworkNamespaces implements AsyncDisposable {
  static #made = 0;
  readonly #prefix: string;
  readonly #children: ChildProcess[] = [];

  private constructor(prefix: string) {
    this.#prefix = prefix;
  }

  static create(): NetworkNamespaces {
    const made = new NetworkNamespaces(`heddle-${process.pid}-${NetworkNamespaces.#made++}`);
    const { pod, peer } = made;
    try {
      for (const name of [pod, peer]) ip('netns', 'add', name);
      ip('link', 'add', 'eth0', 'netns', pod, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer);
      const addresses: readonly (readonly [string, readonly string[]])[] = [
        [pod, ['10.9.0.2/24', 'fd77::2/64']],
        [peer, ['10.9.0.1/24', '10.9.0.99/24', 'fd77::99/64', 'fd77::1/64']],
      ];
      for (const [name, own] of addresses) {
        for (const address of own) {
          ip('-n', name, 'address', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []));
        }
        for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up');
      }
      ip('-n', pod, 'route', 'add', 'default', 'via', '10.9.0.1');
      ip('-n', pod, '-6', 'route', 'add', 'default', 'via', 'fd77::1');
    } catch (error) {
      made.#remove();
      throw error;
    }
    return made;
  }

  get pod(): string {
    return `${this.#prefix}-pod`;
  }

  get peer(): string {
    return `${this.#prefix}-peer`;
  }

  /** As `--netns` takes it. */
  pathOf(namespace: string): string {
    return `/var/run/netns/${namespace}`;
  }

  run(namespace: string, program: string, ...args: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', namespace, program, ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  /** init inside the pod. */
  init(...args: readonly string[]): Ran {
    return this.run(this.pod, process.execPath, initMain, ...args);
  }

  /**
   * init as the injector's container runs it: user 65534 with two capabilities and no way to more, a root that nobody can
   * write to, and a `/run` of its own for the lock of iptables.
   */
  initAsContainer(...args: readonly string[]): Ran {
    const capabilities = '-all,+net_admin,+net_raw';
    const script = [
      'mount -t tmpfs -o mode=0777 tmpfs /run',
      'mount -o remount,bind,ro /',
      `exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=${capabilities} --inh-caps=${capabilities} --ambient-caps=${capabilities} "$0" "$@"`,
    ].join(' && ');
    const unshared = ['--mount', '--propagation', 'private', 'sh', '-c', script];
    return this.run(this.pod, 'unshare', ...unshared, process.execPath, initMain, ...args);
  }

  /** init outside the pod, which it enters with `--netns`. */
  initFromOutside(...args: readonly string[]): Ran {
    const command = [initMain, '--netns', this.pathOf(this.pod), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  /** The nat table of the pod, as far as it does not change by being looked at. */
  natRules(tool: string): string[] {
    return this.run(this.pod, `${tool}-save`, '-t', 'nat')
      .stdout.split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, ''));
  }

  /** Starts `answering.main.ts` and waits until it listens. */
  async answer(namespace: string, ...args: readonly string[]): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, answering, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    if (said.toString() !== 'listening\n') throw new Error(`it said ${said.toString()}`);
  }

  /** Connects to each target (see `dialling.main.ts`) as a user and group; who answered, in the same order. */
  dial(namespace: string, user: number, group: number, targets: readonly string[]): string[] {
    const { status, stdout, stderr } = this.run(
      namespace,
      process.execPath,
      dialling,
      String(user),
      String(group),
      ...targets,
    );
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    this.#remove();
  }

  #remove(): void {
    for (const name of [this.pod, this.peer]) spawnSync('ip', ['netns', 'delete', name]);
  }
}

const ip = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
};
