/** Starts the processes of a plan, listens to what they say, and remembers what the view shows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AddressBlock } from './addresses.ts';
import {
  applicationEnvironment,
  destinationEnvironment,
  identityEnvironment,
  proxyEnvironment,
} from './environment.ts';
import { type MeshEvent, parseMeshEvent } from './events.ts';
import { ManagedProcess } from './managed-process.ts';
import type { MeshPlan, PlannedWorkload } from './plan.ts';
import type { StateDir } from './state-dir.ts';
import type { TrustMaterial } from './trust-material.ts';

export interface MeshListener {
  /** `workload` is undefined for the control plane. */
  onEvent(process: string, workload: PlannedWorkload | undefined, event: MeshEvent): void;
  onExit(process: string, how: string, restartInMs: number | undefined): void;
}

export interface MeshSite {
  readonly dir: string;
  readonly manifestsDir: string;
  readonly plan: MeshPlan;
  readonly block: AddressBlock;
  readonly trust: TrustMaterial;
  readonly state: StateDir;
  readonly accessLog: boolean;
}

/** The bundles stand beside this one: `dist/main.js` of each app. */
const bundle = (app: string): string => {
  const file = fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing; run \`pnpm build\`, and this command from its bundle`);
  return file;
};

export class MeshProcesses {
  readonly #site: MeshSite;
  readonly #listener: MeshListener;
  readonly #processes = new Map<string, ManagedProcess>();

  constructor(site: MeshSite, listener: MeshListener) {
    this.#site = site;
    this.#listener = listener;
  }

  /** Process ids by process name, of those that run. */
  get pids(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#processes].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]])),
    );
  }

  async startControlPlane(): Promise<void> {
    const { block, trust, state, manifestsDir } = this.#site;
    this.#run('identity', undefined, [process.execPath, bundle('identity')], identityEnvironment(block, trust));
    const token = await trust.mintToken({
      namespace: 'linkerd',
      serviceAccount: 'linkerd-destination',
      pod: 'linkerd-destination-0',
    });
    const tokenFile = await state.writeToken('destination', token);
    this.#run(
      'destination',
      undefined,
      [process.execPath, bundle('destination')],
      destinationEnvironment(block, trust, tokenFile, [manifestsDir, state.derived]),
    );
  }

  async startWorkload(workload: PlannedWorkload): Promise<void> {
    const { block, trust, state, dir, plan, accessLog } = this.#site;
    const { config } = workload;
    const name = `proxy-${config.name}`;
    const token = await trust.mintToken({
      namespace: config.namespace,
      serviceAccount: workload.serviceAccount,
      pod: workload.pod,
    });
    const tokenFile = await state.writeToken(config.name, token);
    const identityDir = await state.makeIdentityDir(config.name);
    const environment = proxyEnvironment(workload, block, trust, { tokenFile, identityDir, accessLog });
    this.#run(name, workload, [process.execPath, bundle('proxy')], environment);
    this.#run(config.name, undefined, config.command, applicationEnvironment(workload, plan), dir);
  }

  #run(
    name: string,
    workload: PlannedWorkload | undefined,
    command: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
    cwd = this.#site.state.root,
  ): void {
    const spec = { name, command, env, cwd, logFile: join(this.#site.state.logs, `${name}.log`) };
    this.#processes.set(
      name,
      new ManagedProcess(spec, {
        onLine: (process, line) => {
          const event = parseMeshEvent(line);
          if (event !== undefined) this.#listener.onEvent(process, workload, event);
        },
        onExit: (process, how, restartInMs) => this.#listener.onExit(process, how, restartInMs),
      }),
    );
  }

  /** Applications first, then proxies, then the control plane: nobody loses a request to the order of the end. */
  async stop(): Promise<void> {
    const names = [...this.#processes.keys()];
    const isControlPlane = (name: string): boolean => name === 'identity' || name === 'destination';
    const rank = (name: string): number => (isControlPlane(name) ? 2 : name.startsWith('proxy-') ? 1 : 0);
    for (const wave of [0, 1, 2]) {
      await Promise.all(
        names.filter((name) => rank(name) === wave).map(async (name) => this.#processes.get(name)?.stop()),
      );
    }
  }
}
