/** Starts the processes of a plan, listens to what they say, and remembers what the view shows. */
import { join } from 'node:path';
import type { AddressBlock } from './addresses.ts';
import { bundle } from './bundles.ts';
import {
  applicationEnvironment,
  destinationEnvironment,
  identityEnvironment,
  proxyEnvironment,
} from './environment.ts';
import { type MeshEvent, parseMeshEvent } from './events.ts';
import type { Isolation } from './isolation.ts';
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
  readonly isolation: Isolation;
  readonly trust: TrustMaterial;
  readonly state: StateDir;
  readonly accessLog: boolean;
}

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
    const { block, trust, state, dir, plan, accessLog, isolation } = this.#site;
    const { config } = workload;
    await isolation.prepare(workload);
    const name = `proxy-${config.name}`;
    const token = await trust.mintToken({
      namespace: config.namespace,
      serviceAccount: workload.serviceAccount,
      pod: workload.pod,
    });
    const tokenFile = await state.writeToken(config.name, token);
    const identityDir = await state.makeIdentityDir(config.name);
    const files = await isolation.handOver(workload, { tokenFile, identityDir });
    const environment = proxyEnvironment(workload, block, trust, { ...files, accessLog, isolation: isolation.kind });
    const proxy = isolation.asProxy(workload, [process.execPath, bundle('proxy')]);
    this.#run(name, workload, proxy, environment);
    const application = isolation.asApplication(workload, config.command);
    this.#run(config.name, undefined, application, applicationEnvironment(workload, plan), dir);
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
