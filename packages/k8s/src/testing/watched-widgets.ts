/** A reflector of widgets on a fake API server, with time in the test's hands, and a mirror that knows what it was told. */
import { systemClock } from '@heddle/runtime';
import { eventually, FakeApiServer, FakeClock, type FakeKind } from '@heddle/testkit';
import { expect } from 'vitest';
import { KubernetesApi } from '../api/kubernetes-api.ts';
import { parseKubeconfig } from '../connection/kubeconfig.ts';
import type { Change } from '../watch/object-cache.ts';
import { Reflector, type ReflectorTuning } from '../watch/reflector.ts';

export const widgets: FakeKind = { group: 'example.io', version: 'v1', kind: 'Widget', plural: 'widgets' };

interface Widget {
  readonly key: string;
  readonly uid: string;
  readonly version: string;
}

export const apiOf = (server: FakeApiServer, timeoutMs = 60_000): KubernetesApi =>
  new KubernetesApi({ connection: parseKubeconfig(server.kubeconfig, 'fake'), clock: systemClock, timeoutMs });

export class WatchedWidgets implements AsyncDisposable {
  readonly server: FakeApiServer;
  readonly clock = new FakeClock();
  readonly reflector: Reflector<Widget>;
  readonly errors: string[] = [];
  /** Every change, as `apply a` or `delete a`. */
  readonly told: string[] = [];
  synced = 0;
  readonly #mirror = new Map<string, Widget>();
  readonly #api: KubernetesApi;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  private constructor(server: FakeApiServer, tuning: Partial<ReflectorTuning>, random: () => number) {
    this.server = server;
    this.#api = apiOf(server);
    this.reflector = new Reflector({
      api: this.#api,
      kind: widgets,
      clock: this.clock,
      random,
      read: (value) => widgetFrom(value),
      onChange: (change) => this.#take(change),
      onSynced: () => this.synced++,
      onError: (error) => this.errors.push(error.message),
      tuning: { relistMs: 24 * 3_600_000, ...tuning },
    });
  }

  /** The server is there, the reflector waits for `run`. */
  static async create(
    tuning: Partial<ReflectorTuning> = {},
    random: () => number = () => 0.5,
  ): Promise<WatchedWidgets> {
    return new WatchedWidgets(await FakeApiServer.start({ kinds: [widgets] }), tuning, random);
  }

  run(): void {
    this.#loop = this.reflector.run(this.#abort.signal);
  }

  put(...names: readonly string[]): void {
    this.server.put(widgets, ...names.map((name) => ({ metadata: { namespace: 'shop', name } })));
  }

  delete(...names: readonly string[]): void {
    for (const name of names) this.server.delete(widgets, 'shop', name);
  }

  /** Lets time pass, a little at a time so that answers can arrive, until `check` holds. */
  settle(check: () => void): Promise<void> {
    return eventually(
      () => {
        this.clock.advance(100);
        check();
      },
      { intervalMs: 1 },
    );
  }

  /** What is known equals a fresh list, and a watch is open to keep it so. @throws {Error} otherwise */
  expectEqual(): void {
    const listed = textOf(this.server.list(widgets).map(widgetFrom));
    expect(this.reflector.isSynced).toBe(true);
    expect(textOf(this.#mirror.values())).toEqual(listed);
    expect(textOf(this.reflector.values())).toEqual(listed);
    expect(this.server.openWatches).toBe(1);
  }

  settleEqual(): Promise<void> {
    return this.settle(() => this.expectEqual());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#loop;
    this.#api.close();
    await this.server[Symbol.asyncDispose]();
  }

  #take({ kind, object }: Change<Widget>): void {
    const known = this.#mirror.get(object.key);
    this.told.push(`${kind} ${object.key.slice('shop/'.length)}`);
    if (kind === 'apply') {
      if (known !== undefined && known.uid !== object.uid) throw new Error(`${object.key} was replaced without an end`);
      this.#mirror.set(object.key, object);
    } else {
      if (known !== object) throw new Error(`${object.key} ended without having been`);
      this.#mirror.delete(object.key);
    }
  }
}

const widgetFrom = (value: unknown): Widget => {
  const { metadata } = value as { readonly metadata: Readonly<Record<string, string>> };
  const { namespace = '', name = '', uid = '', resourceVersion: version = '' } = metadata;
  return { key: `${namespace}/${name}`, uid, version };
};

const textOf = (known: Iterable<Widget>): readonly string[] =>
  [...known].map(({ key, uid, version }) => `${key} ${uid} ${version}`).sort();
