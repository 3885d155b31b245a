/**
 * A whole mesh for a test: the built bundles as real processes, on a copy of an example, on loopback addresses of its
 * own. Several run side by side; each ends with its test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually, TemporaryDirectory } from '@heddle/testkit';

const repository = join(import.meta.dirname, '../../..');
/** The command line's bundle. */
export const heddle = join(repository, 'apps/cli/dist/main.js');

export interface MeshWorkload {
  readonly name: string;
  readonly identity: string;
  readonly address: string;
  /** With `--isolation netns`. */
  readonly networkNamespace?: string;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly inbound: readonly { readonly port: number; readonly applicationPort: number }[];
  readonly outbound: readonly {
    readonly service: string;
    readonly servicePort: number;
    readonly connectTo: { readonly host: string; readonly port: number };
  }[];
}

interface MeshState {
  readonly isReady: boolean;
  readonly networkNamespace?: string;
  readonly manifestsDir: string;
  readonly trustAnchorsFile: string;
  readonly identityAddress: string;
  readonly destinationAddress: string;
  readonly workloads: readonly MeshWorkload[];
  readonly pids: Readonly<Record<string, number>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export class LocalMesh {
  readonly #directory: TemporaryDirectory;
  readonly #process: ChildProcess;
  #output = '';
  #isStopping = false;

  private constructor(directory: TemporaryDirectory, child: ChildProcess) {
    this.#directory = directory;
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    // A mesh that ends by itself fails whatever test comes next; only what it printed tells why.
    child.once('exit', (code, signal) => {
      if (!this.#isStopping) console.error(`the mesh ended by itself (${signal ?? code}):\n${this.#output}`);
    });
  }

  /**
   * Starts the mesh on a copy of `examples/<name>`, changed by `prepare`, and waits until it is ready.
   * `flags`: further ones for `heddle local up`.
   */
  static async start(
    example: string,
    prepare?: (dir: string) => void,
    flags: readonly string[] = [],
  ): Promise<LocalMesh> {
    const directory = await TemporaryDirectory.create();
    const dir = join(directory.path, example);
    cpSync(join(repository, 'examples', example), dir, {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
    prepare?.(dir);
    const child = spawn(
      process.execPath,
      [heddle, 'local', 'up', dir, '--state-dir', join(directory.path, 'state'), ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const mesh = new LocalMesh(directory, child);
    try {
      await mesh.outputHas('Live from here on');
    } catch (error) {
      await mesh.stop();
      throw new Error(`the mesh did not start:\n${mesh.#output}`, { cause: error });
    }
    return mesh;
  }

  get state(): MeshState {
    return JSON.parse(readFileSync(join(this.#directory.path, 'state', 'state.json'), 'utf8')) as MeshState;
  }

  /** Everything the command has printed. */
  get output(): string {
    return this.#output;
  }

  log(process: string): string {
    return readFileSync(join(this.#directory.path, 'state', 'logs', `${process}.log`), 'utf8');
  }

  workload(name: string): MeshWorkload {
    const found = this.state.workloads.find((workload) => workload.name === name);
    if (found === undefined) throw new Error(`no workload ${name}`);
    return found;
  }

  /** Where `from` connects to for a Service, `name.namespace`. */
  wayTo(from: string, service: string): { readonly host: string; readonly port: number } {
    const workload = this.workload(from);
    const listener = workload.outbound.find((outbound) => outbound.service === service);
    if (listener === undefined) throw new Error(`${from} has no listener for ${service}`);
    return listener.connectTo;
  }

  manifest(name: string): string {
    return readFileSync(join(this.state.manifestsDir, name), 'utf8');
  }

  /** Writes a manifest in place, as an editor does. */
  edit(name: string, change: (text: string) => string): void {
    const file = join(this.state.manifestsDir, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  /** Writes a new manifest beside the others. */
  add(name: string, text: string): void {
    writeFileSync(join(this.state.manifestsDir, name), text);
  }

  async outputHas(text: string): Promise<void> {
    await eventually(
      () => {
        if (!this.#output.includes(text)) throw new Error(`"${text}" was not printed; this was:\n${this.#output}`);
      },
      { timeoutMs: 45_000 },
    );
  }

  /** Ends one of the mesh's processes, by the pid that the mesh itself told. */
  kill(name: string): void {
    const pid = this.state.pids[name];
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** One request on a connection of its own; the target goes out as it is. */
export const get = (
  at: { readonly host: string; readonly port: number },
  target: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly localAddress?: string;
  } = {},
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ ...at, path: target, agent: false, timeout: 10_000, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.once('error', reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer to ${target} in time`)));
    outgoing.once('error', reject);
    outgoing.end();
  });
