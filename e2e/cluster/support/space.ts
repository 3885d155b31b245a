/**
 * A namespace of a scenario's own: made with what the scenario needs, waited for by watching, deleted at the end. What
 * does not become ready is reported with events and logs.
 */
import { randomBytes } from 'node:crypto';
import { applyObjects, getJson, kubectl, type Manifest, tryKubectl } from './kubectl.ts';

export interface SpaceOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly name: string; readonly image: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
    readonly initContainerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

/** In the mesh, as every pod of the namespace then is. */
export const meshed: SpaceOptions = { annotations: { 'linkerd.io/inject': 'enabled' } };

export class Space {
  readonly namespace: string;

  private constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** @param name of the scenario; a random part makes it one of a kind */
  static async open(name: string, { annotations = {}, labels = {} }: SpaceOptions = {}): Promise<Space> {
    const space = new Space(`e2e-${name}-${randomBytes(3).toString('hex')}`);
    await applyObjects([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: space.namespace, annotations, labels } },
    ]);
    return space;
  }

  apply(...objects: readonly Manifest[]): Promise<string> {
    return applyObjects(objects, ['-n', this.namespace]);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(['-n', this.namespace, ...args]);
  }

  /** Applies and waits until every Deployment and StatefulSet among the objects has all its pods ready. */
  async deploy(...objects: readonly Manifest[]): Promise<void> {
    await this.apply(...objects);
    const names = objects
      .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
      .map(({ kind, metadata }) => `${String(kind).toLowerCase()}/${(metadata as { name: string }).name}`);
    await Promise.all(names.map((name) => this.rolledOut(name)));
  }

  async rolledOut(name: string, timeoutSeconds = 120): Promise<void> {
    const args = ['-n', this.namespace, 'rollout', 'status', name, `--timeout=${timeoutSeconds}s`];
    const { code, stderr } = await tryKubectl(args, { timeoutMs: (timeoutSeconds + 10) * 1000 });
    if (code !== 0) throw new Error(`${name} did not become ready: ${stderr}\n${await this.report()}`);
  }

  /** Waits for a condition, as `kubectl wait --for` names it. */
  async waitFor(condition: string, what: string, timeoutSeconds = 120): Promise<void> {
    const args = ['-n', this.namespace, 'wait', `--for=${condition}`, what, `--timeout=${timeoutSeconds}s`];
    const { code, stderr } = await tryKubectl(args, { timeoutMs: (timeoutSeconds + 10) * 1000 });
    if (code !== 0) throw new Error(`${what}: not ${condition}: ${stderr}\n${await this.report()}`);
  }

  /** Those that are not about to go. */
  async pods(selector: string): Promise<readonly Pod[]> {
    const { items } = await getJson<{ items: (Pod & { metadata: { deletionTimestamp?: string } })[] }>([
      '-n',
      this.namespace,
      'pods',
      '-l',
      selector,
    ]);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async pod(selector: string): Promise<Pod> {
    const [pod] = await this.pods(selector);
    if (pod === undefined) throw new Error(`${this.namespace}: no pod with ${selector}`);
    return pod;
  }

  /** What a person would look at first. */
  async report(): Promise<string> {
    const said = async (...args: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await tryKubectl(['-n', this.namespace, ...args]);
      return stdout + stderr;
    };
    const pods = await said('get', 'pods', '-o', 'wide');
    const events = await said('get', 'events', '--sort-by=.lastTimestamp');
    const names = (await said('get', 'pods', '-o', 'name')).split('\n').filter((name) => name.startsWith('pod/'));
    const logs = await Promise.all(
      names.slice(0, 6).map((name) => said('logs', name, '--all-containers', '--prefix', '--tail=15')),
    );
    return [pods, events.split('\n').slice(-25).join('\n'), ...logs].join('\n');
  }

  /** Does not wait for the end: names are one of a kind. */
  async close(): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--wait=false', '--ignore-not-found']);
  }
}
