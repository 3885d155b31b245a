/**
 * The inbound policies of this workload, one watch per port. A port's policy is unknown until the control plane has
 * told it; connections then wait a little and are refused (DESIGN: never a default of our own). Once known, the newest
 * one stays in force however long the control plane is away.
 */
import {
  type CompiledPolicy,
  compilePolicy,
  type InboundPolicy,
  type RateLimit,
  RateLimiter,
  samePolicy,
} from '@heddle/policy';
import { type Clock, type ReadableCell, type Timer, WatchCell } from '@heddle/runtime';

export type PortState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'known'; readonly compiled: CompiledPolicy; readonly limiter: RateLimiter | undefined }
  /** The control plane sent something that must not be used: everything is refused until it sends better. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** Where policies come from. */
export interface InboundPolicySource {
  /** Watches a port until cancelled; survives interruptions by itself. `undefined` stands for what cannot be used. */
  watch(port: number, onUpdate: (policy: InboundPolicy | { readonly invalid: string }) => void): { cancel(): void };
}

export interface PolicyStoreOptions {
  readonly source: InboundPolicySource;
  readonly clock: Clock;
  /** How long a connection waits for a port's first policy. */
  readonly holdMs: number;
  /** How long an unused port that was not declared stays watched. */
  readonly idleMs: number;
  /** Ports watched from the start, always. */
  readonly declaredPorts: ReadonlySet<number>;
  /** Called after each update of a port; `revision` counts them. */
  readonly onUpdate: (port: number, state: PortState, revision: number) => void;
}

export interface PortPolicy {
  readonly port: number;
  readonly state: ReadableCell<PortState>;
}

interface Watched extends PortPolicy {
  readonly state: WatchCell<PortState>;
  readonly watch: { cancel(): void };
  users: number;
  idleTimer: Timer | undefined;
}

/** More ports than a workload can sensibly have: a scan of ports must not open a stream for each. */
const maxUndeclaredPorts = 256;

export class PolicyStore {
  readonly #options: PolicyStoreOptions;
  readonly #ports = new Map<number, Watched>();

  constructor(options: PolicyStoreOptions) {
    this.#options = options;
    for (const port of options.declaredPorts) this.#watch(port);
  }

  /** Declared ports whose policy has not come yet. */
  get missingPorts(): readonly number[] {
    return [...this.#options.declaredPorts].filter((port) => this.#ports.get(port)?.state.value.kind === 'unknown');
  }

  /**
   * Uses a port's policy: it stays watched until `release` is called as often. Undefined when too many ports that nobody
   * declared are in use.
   */
  acquire(port: number): PortPolicy | undefined {
    const known = this.#ports.get(port);
    const limit = maxUndeclaredPorts + this.#options.declaredPorts.size;
    if (known === undefined && this.#ports.size >= limit && !this.#forgetOneUnused()) return undefined;
    const watched = known ?? this.#watch(port);
    watched.users += 1;
    watched.idleTimer?.cancel();
    watched.idleTimer = undefined;
    return watched;
  }

  release(port: number): void {
    const watched = this.#ports.get(port);
    if (watched === undefined) return;
    watched.users -= 1;
    if (watched.users > 0 || this.#options.declaredPorts.has(port)) return;
    watched.idleTimer = this.#options.clock.after(this.#options.idleMs, () => this.#forget(watched));
  }

  /** Waits for a policy that is not known yet, at most `holdMs`. */
  async whenKnown({ state }: PortPolicy): Promise<PortState> {
    if (state.value.kind !== 'unknown') return state.value;
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        unsubscribe();
        resolve(state.value);
      };
      const unsubscribe = state.subscribe(finish);
      const timer = this.#options.clock.after(this.#options.holdMs, finish);
    });
  }

  /** Ends all watches. */
  close(): void {
    for (const watched of this.#ports.values()) this.#forget(watched);
  }

  #watch(port: number): Watched {
    const state = new WatchCell<PortState>({ kind: 'unknown' });
    let revision = 0;
    const watch = this.#options.source.watch(port, (update) => {
      const next = nextState(state.value, update);
      if (next === state.value) return;
      revision += 1;
      state.set(next);
      this.#options.onUpdate(port, next, revision);
    });
    const watched: Watched = { port, state, watch, users: 0, idleTimer: undefined };
    this.#ports.set(port, watched);
    return watched;
  }

  /** Makes room for another port, so that a scan does not keep out who comes after it. */
  #forgetOneUnused(): boolean {
    for (const watched of this.#ports.values()) {
      if (watched.users > 0 || this.#options.declaredPorts.has(watched.port)) continue;
      this.#forget(watched);
      return true;
    }
    return false;
  }

  #forget(watched: Watched): void {
    watched.idleTimer?.cancel();
    watched.watch.cancel();
    watched.state.close();
    this.#ports.delete(watched.port);
  }
}

type Update = Parameters<Parameters<InboundPolicySource['watch']>[1]>[0];

/** The state after an update; the same object when it says nothing new, so that nobody is disturbed. */
const nextState = (before: PortState, update: Update): PortState => {
  if ('invalid' in update) return { kind: 'invalid', reason: update.invalid };
  if (before.kind === 'known' && samePolicy(before.compiled.policy, update)) return before;
  return { kind: 'known', compiled: compilePolicy(update), limiter: limiterFor(before, update) };
};

const rateLimitOf = ({ protocol }: InboundPolicy): RateLimit | undefined =>
  'rateLimit' in protocol ? protocol.rateLimit : undefined;

/** A limit that stays as it was keeps its counts: an unrelated change is no way to a fresh allowance. */
const limiterFor = (before: PortState, policy: InboundPolicy): RateLimiter | undefined => {
  const limit = rateLimitOf(policy);
  if (limit === undefined) return undefined;
  const isSame =
    before.kind === 'known' && JSON.stringify(rateLimitOf(before.compiled.policy)) === JSON.stringify(limit);
  return isSame && before.limiter !== undefined ? before.limiter : new RateLimiter(limit);
};
