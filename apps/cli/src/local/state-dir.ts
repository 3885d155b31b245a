/** The folder in which a local mesh keeps what its processes are given and what they say. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export class StateDir {
  readonly root: string;
  /** The end of the last write to each file: two at a time would take each other's temporary file away. */
  readonly #writes = new Map<string, Promise<void>>();

  private constructor(root: string) {
    this.root = root;
  }

  /** Empties and makes the folder. */
  static async create(path: string): Promise<StateDir> {
    const state = new StateDir(resolve(path));
    await rm(state.root, { recursive: true, force: true });
    for (const dir of [state.root, state.logs, state.derived, state.trust])
      await mkdir(dir, { recursive: true, mode: 0o700 });
    return state;
  }

  get logs(): string {
    return join(this.root, 'logs');
  }

  /** The objects that local mode derives; destination watches this folder. */
  get derived(): string {
    return join(this.root, 'derived');
  }

  get trust(): string {
    return join(this.root, 'trust');
  }

  logFile(process: string): string {
    return join(this.logs, `${process}.log`);
  }

  tokenFile(process: string): string {
    return join(this.root, 'tokens', process);
  }

  async writeToken(process: string, token: string): Promise<string> {
    const file = this.tokenFile(process);
    await mkdir(join(this.root, 'tokens'), { recursive: true, mode: 0o700 });
    await writeFile(file, token, { mode: 0o600 });
    return file;
  }

  async makeIdentityDir(process: string): Promise<string> {
    const dir = join(this.root, 'identity', process);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return dir;
  }

  /** JSON is YAML; replaced in one step, so that a reader sees all of it or nothing. */
  async writeDerived(objects: readonly unknown[]): Promise<void> {
    await this.#replace(
      join(this.derived, 'objects.yaml'),
      objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    );
  }

  /** What other commands (`heddle identity`) and curious people read. */
  async writeState(state: unknown): Promise<void> {
    await this.#replace(join(this.root, 'state.json'), JSON.stringify(state, undefined, 2));
  }

  #replace(file: string, text: string): Promise<void> {
    const write = async (): Promise<void> => {
      const next = `${file}.next`;
      await writeFile(next, `${text}\n`);
      await rename(next, file);
    };
    // After the one before, however that ended.
    const written = (this.#writes.get(file) ?? Promise.resolve()).then(write, write);
    this.#writes.set(file, written);
    return written;
  }
}
