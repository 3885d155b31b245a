/**
 * `heddle local up DIR`: reads the manifests and `heddle.local.yaml`, makes trust material, starts every process, and
 * then shows what happens until it is told to stop. With `once` it runs the checks, prints their table, and ends.
 */
import { resolve } from 'node:path';
import { terminationSignal, version } from '@heddle/runtime';
import type { AddressBlock } from './addresses.ts';
import { certifyAs } from './certify-as.ts';
import { type CheckOutcome, runCheck } from './checks.ts';
import { derivedObjects } from './derive.ts';
import { type Isolation, type IsolationKind, loopbackIsolation } from './isolation.ts';
import type { LocalMesh } from './local-mesh.ts';
import { type ManifestFolder, openManifestFolder, readLocalMesh } from './manifest-folder.ts';
import { MeshProcesses } from './mesh-processes.ts';
import { MeshMonitor } from './monitor.ts';
import { withNamespaces } from './netns/namespaces.ts';
import { sendInside } from './netns/send-inside.ts';
import { type MeshPlan, type PlannedWorkload, planMesh, proxyPorts, trustDomain } from './plan.ts';
import { isWorkloadReady } from './readiness.ts';
import { type Answer, type SentRequest, sendRequest } from './send.ts';
import { StateDir } from './state-dir.ts';
import { createTrustMaterial } from './trust-material.ts';
import { formatChecks, formatConnections, formatWorkloads } from './view.ts';

export interface LocalUpOptions {
  readonly dir: string;
  readonly once: boolean;
  readonly stateDir: string;
  /** Whether the proxies log each request; the live view is made of these lines. */
  readonly accessLog: boolean;
  readonly isolation: IsolationKind;
}

const readinessIntervalMs = 100;
const readinessTimeoutMs = 60_000;

/** Returns the exit code: 0, or 1 when the mesh could not be started or a check was not as expected. */
export const localUp = (options: LocalUpOptions): Promise<number> =>
  options.isolation === 'netns'
    ? withNamespaces(resolve(options.dir), say, (isolation) => upWith(isolation, options))
    : upWith(loopbackIsolation, options);

const upWith = async (isolation: Isolation, options: LocalUpOptions): Promise<number> => {
  const startedMs = performance.now();
  const dir = resolve(options.dir);
  const config = await readLocalMesh(dir);
  if (config.kind === 'invalid') return refuse(config.problems);
  const manifests = await openManifestFolder(resolve(dir, config.mesh.manifests));
  try {
    if (manifests.errors.length > 0) return refuse(manifests.errors);
    for (const warning of manifests.warnings) say(`warning: ${warning}`);
    const block = await isolation.takeAddresses();
    try {
      const planned = planMesh(config.mesh, manifests.objects, block, process.getuid?.() === 0, isolation.kind);
      if (planned.kind === 'invalid') return refuse(planned.problems.map((problem) => `heddle.local.yaml: ${problem}`));
      for (const note of planned.plan.notes) say(note);
      return await runMesh({
        options,
        dir,
        mesh: config.mesh,
        manifests,
        block,
        isolation,
        plan: planned.plan,
        startedMs,
      });
    } finally {
      await block.release();
    }
  } finally {
    await manifests.close();
  }
};

interface MeshRun {
  readonly options: LocalUpOptions;
  readonly dir: string;
  readonly mesh: LocalMesh;
  readonly manifests: ManifestFolder;
  readonly block: AddressBlock;
  readonly isolation: Isolation;
  readonly plan: MeshPlan;
  readonly startedMs: number;
}

const runMesh = async (run: MeshRun): Promise<number> => {
  const { plan, block, isolation } = run;
  const state = await StateDir.create(run.options.stateDir);
  const trust = await createTrustMaterial(state.trust, trustDomain, Date.now());
  const ready = new Set<PlannedWorkload>();
  const writeDerived = (): Promise<void> => state.writeDerived(derivedObjects(plan, (workload) => ready.has(workload)));
  await writeDerived();

  const monitor = new MeshMonitor(plan, block.supervisor, say);
  const processes = new MeshProcesses(
    {
      dir: run.dir,
      manifestsDir: run.manifests.dir,
      plan,
      block,
      isolation,
      trust,
      state,
      accessLog: run.options.accessLog,
    },
    monitor,
  );
  const interrupted = terminationSignal();
  try {
    say(`heddle ${version}: starting ${plan.workloads.length} workloads, each behind its proxy; logs in ${state.logs}`);
    await processes.startControlPlane();
    await Promise.all(plan.workloads.map((workload) => processes.startWorkload(workload)));
    const writeState = (): Promise<void> =>
      state.writeState(stateOf(run, trust.anchorsFile, processes.pids, ready.size === plan.workloads.length));
    await writeState();

    const isUp = await Promise.race([
      becomeReady(plan, block, ready, writeDerived),
      interrupted.then(() => 'interrupted' as const),
    ]);
    if (isUp === 'interrupted') return 0;
    if (isUp !== true) {
      return refuse([
        `not ready after ${readinessTimeoutMs / 1000} s: ${isUp.join(', ')}; see the logs in ${state.logs}`,
      ]);
    }
    await writeState();
    say(`ready after ${((performance.now() - run.startedMs) / 1000).toFixed(1)} s\n`);

    const outcomes = await runChecks(run, monitor, trust.anchorsPem, trust.mintToken);
    print(formatWorkloads(monitor.workloadStates(), Date.now()));
    print(formatConnections(monitor.connections, plan));
    const failed = outcomes.filter(({ isAsExpected }) => !isAsExpected).length;
    if (outcomes.length > 0) {
      print(formatChecks(outcomes));
      print(
        failed === 0
          ? `all ${outcomes.length} verdicts are as the policy says`
          : `${failed} of ${outcomes.length} verdicts are not as expected`,
      );
    }
    if (run.options.once) return failed === 0 ? 0 : 1;

    print(`Live from here on; Ctrl-C ends it. Edit the files in ${run.manifests.dir} and see the verdicts change.`);
    monitor.startLive();
    run.manifests.watch({
      onProblems: (problems, hasErrors) => monitor.manifestProblems(problems, hasErrors),
      onEdit: (file, editedMs) => monitor.manifestEdited(file, editedMs),
    });
    const pids = setInterval(() => void writeState().catch(sayWhy), 500);
    const readiness = watchReadiness(plan, block, ready, writeDerived);
    await interrupted;
    clearInterval(pids);
    clearInterval(readiness);
    return 0;
  } finally {
    await processes.stop();
  }
};

const runChecks = async (
  run: MeshRun,
  monitor: MeshMonitor,
  anchorPem: string,
  mintToken: Parameters<typeof certifyAs>[0]['mintToken'],
): Promise<CheckOutcome[]> => {
  const outcomes: CheckOutcome[] = [];
  for (const [index, check] of run.mesh.checks.entries()) {
    outcomes.push(
      await runCheck(check, `check-${index}`, {
        plan: run.plan,
        anchorPem,
        outsider: run.isolation.outsider(run.block),
        sendAs: (from, request) => sendAs(run.isolation, from, request),
        awaitAccess: (id) => monitor.awaitAccess(id),
        certifyAs: (holder, claims) => certifyAs({ block: run.block, anchorPem, mintToken, holder, claims }),
      }),
    );
  }
  return outcomes;
};

const sendAs = (isolation: Isolation, from: PlannedWorkload, request: SentRequest): Promise<Answer> =>
  isolation.kind === 'netns' ? sendInside(isolation, from, request) : sendRequest(request);

/** True once every workload is ready; the names of those that are not when time is up. */
const becomeReady = async (
  plan: MeshPlan,
  block: AddressBlock,
  ready: Set<PlannedWorkload>,
  writeDerived: () => Promise<void>,
): Promise<true | string[]> => {
  const deadline = performance.now() + readinessTimeoutMs;
  for (;;) {
    const before = ready.size;
    await updateReadiness(plan, block, ready);
    if (ready.size !== before) await writeDerived();
    if (ready.size === plan.workloads.length) return true;
    if (performance.now() > deadline) {
      return plan.workloads.filter((workload) => !ready.has(workload)).map(({ config }) => config.name);
    }
    await new Promise((wake) => setTimeout(wake, readinessIntervalMs));
  }
};

const updateReadiness = async (plan: MeshPlan, block: AddressBlock, ready: Set<PlannedWorkload>): Promise<boolean> => {
  let changed = false;
  await Promise.all(
    plan.workloads.map(async (workload) => {
      const isReady = await isWorkloadReady(workload, block.supervisor);
      if (isReady === ready.has(workload)) return;
      changed = true;
      if (isReady) ready.add(workload);
      else ready.delete(workload);
    }),
  );
  return changed;
};

/** As the kubelet does: looks again every few seconds, and tells the mesh when something changed. */
const watchReadiness = (
  plan: MeshPlan,
  block: AddressBlock,
  ready: Set<PlannedWorkload>,
  writeDerived: () => Promise<void>,
): NodeJS.Timeout =>
  setInterval(() => {
    void updateReadiness(plan, block, ready)
      .then((changed) => (changed ? writeDerived() : undefined))
      .catch(sayWhy);
  }, 2_000);

/** `state.json`: what `heddle identity` and tests read. */
const stateOf = (
  run: MeshRun,
  trustAnchorsFile: string,
  pids: Readonly<Record<string, number>>,
  isReady: boolean,
): unknown => ({
  version,
  isReady,
  dir: run.dir,
  manifestsDir: run.manifests.dir,
  trustAnchorsFile,
  networkNamespace: run.isolation.namespaceOf(),
  identityAddress: run.block.identity,
  destinationAddress: run.block.destination,
  workloads: run.plan.workloads.map((workload) => ({
    name: workload.config.name,
    namespace: workload.config.namespace,
    serviceAccount: workload.serviceAccount,
    identity: workload.identity,
    address: workload.address,
    networkNamespace: run.isolation.namespaceOf(workload),
    inboundPort: proxyPorts.inbound,
    adminPort: proxyPorts.admin,
    inbound: workload.inbound,
    outbound: workload.outbound.map(({ service, servicePort, connectTo }) => ({
      service: `${service.service.metadata.name}.${service.service.metadata.namespace}`,
      servicePort,
      listenPort: connectTo.port,
      connectTo,
    })),
  })),
  pids,
});

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** A full disk, say: the mesh goes on with what was written before. */
const sayWhy = (error: unknown): void => say(`cannot write the state of the mesh: ${String(error)}`);

const print = (text: string): void => {
  process.stdout.write(`${text}\n\n`);
};

const refuse = (problems: readonly string[]): number => {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return 1;
};
