/** Hears everything the processes say: keeps what the tables show, and prints what happens once the mesh is live. */
import { relative } from 'node:path';
import type { MeshEvent } from './events.ts';
import type { MeshListener } from './mesh-processes.ts';
import type { MeshPlan, PlannedWorkload } from './plan.ts';
import { formatAccess, type MeshConnection, type WorkloadState } from './view.ts';

type AccessEvent = Extract<MeshEvent, { kind: 'access' }>;

const accessTimeoutMs = 1_000;
/** A policy update that comes this long after an edit has another cause. */
const editWindowMs = 5_000;

export class MeshMonitor implements MeshListener {
  readonly #plan: MeshPlan;
  readonly #probeAddress: string;
  readonly #say: (text: string) => void;
  readonly #certificates = new Map<PlannedWorkload, number>();
  readonly #connections: MeshConnection[] = [];
  readonly #accesses = new Map<string, AccessEvent>();
  readonly #waiting = new Map<string, (event: AccessEvent) => void>();
  #isLive = false;
  /** The latest edit and the latest policy updates: either may be heard of first. */
  #edit: { readonly file: string; readonly editedMs: number } | undefined;
  #updates: PolicyUpdate[] = [];

  /** `probeAddress`: where readiness probes come from, which are not worth showing. */
  constructor(plan: MeshPlan, probeAddress: string, say: (text: string) => void) {
    this.#plan = plan;
    this.#probeAddress = probeAddress;
    this.#say = say;
  }

  get connections(): readonly MeshConnection[] {
    return this.#connections;
  }

  workloadStates(): WorkloadState[] {
    return this.#plan.workloads.map((workload) => ({
      workload,
      certificateNotAfterMs: this.#certificates.get(workload),
    }));
  }

  startLive(): void {
    this.#isLive = true;
  }

  onEvent(process: string, workload: PlannedWorkload | undefined, event: MeshEvent): void {
    switch (event.kind) {
      case 'access':
        this.#access(workload, event);
        break;
      case 'certificate':
        if (workload !== undefined) this.#certificates.set(workload, event.notAfterMs);
        break;
      case 'meshConnection':
        if (workload !== undefined) this.#connections.push({ from: workload.config.name, event });
        if (this.#connections.length > 1_000) this.#connections.shift();
        break;
      case 'policy':
        this.#policy(workload, event.port);
        break;
      case 'problem':
        if (this.#isLive || event.level === 'error') this.#say(`${process}: ${event.text}`);
        break;
    }
  }

  onExit(process: string, how: string, restartInMs: number | undefined): void {
    if (restartInMs !== undefined) this.#say(`${process} ended (${how}); starting it again in ${restartInMs} ms`);
  }

  /** The access log line of a request; undefined when none comes within a second. */
  awaitAccess(requestId: string): Promise<AccessEvent | undefined> {
    const seen = this.#accesses.get(requestId);
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        resolve(undefined);
      }, accessTimeoutMs);
      this.#waiting.set(requestId, (event) => {
        clearTimeout(timer);
        this.#waiting.delete(requestId);
        resolve(event);
      });
    });
  }

  manifestEdited(file: string, editedMs: number): void {
    this.#edit = { file, editedMs };
    this.#tellUpdates();
  }

  manifestProblems(problems: readonly string[], hasErrors: boolean): void {
    for (const problem of problems) this.#say(problem);
    if (hasErrors) this.#say('nothing was changed: the mesh keeps the last good state of that file');
    if (problems.length === 0) this.#say('all manifests are good again');
  }

  #access(workload: PlannedWorkload | undefined, event: AccessEvent): void {
    if (event.requestId.startsWith('check-')) {
      const waiting = this.#waiting.get(event.requestId);
      if (waiting === undefined) this.#accesses.set(event.requestId, event);
      else waiting(event);
      return;
    }
    if (this.#isLive && workload !== undefined && event.clientIp !== this.#probeAddress) {
      this.#say(formatAccess(workload.config.name, event, this.#plan, new Date().toTimeString().slice(0, 8)));
    }
  }

  #policy(workload: PlannedWorkload | undefined, port: number): void {
    if (!this.#isLive || workload === undefined) return;
    this.#updates.push({ workload, port, atMs: Date.now() });
    this.#tellUpdates();
  }

  /** Says of each policy update how long after the edit it was in force; updates with another cause are forgotten. */
  #tellUpdates(): void {
    const nowMs = Date.now();
    const edit = this.#edit;
    this.#updates = this.#updates.filter(({ workload, port, atMs }) => {
      if (edit === undefined || atMs < edit.editedMs) return nowMs - atMs < editWindowMs;
      const tookMs = Math.max(0, Math.round(atMs - edit.editedMs));
      if (tookMs <= editWindowMs) {
        this.#say(
          `policy of ${workload.config.name}:${port} in force ${tookMs} ms after ${relative('.', edit.file)} was saved`,
        );
      }
      return false;
    });
  }
}

interface PolicyUpdate {
  readonly workload: PlannedWorkload;
  readonly port: number;
  readonly atMs: number;
}
