/**
 * Original destinations in use. Each is looked up once, however many connections go there, stays watched while it is
 * used and for a little while after. What is known stays in force while the control plane is away.
 */
import { networkContains, parseIp } from '@heddle/names';
import { type ReadableCell, type Timer, WatchCell } from '@heddle/runtime';
import type { SocketAddress } from '@heddle/transport';
import { Backends } from '../balance/backends.ts';
import type { OutboundDeps } from '../deps.ts';
import { keyOf } from '../endpoint/reach.ts';
import { type CompiledTarget, compileTarget, unknownTarget } from '../route/compiled-target.ts';
import { targetFrom } from './target.ts';
import { watchPolicy, watchProfile } from './watches.ts';

/** A use of a destination; release it when the connection is over. */
export interface DestinationLease {
  readonly address: SocketAddress;
  /** The newest target; undefined until the control plane has answered. */
  readonly target: ReadableCell<CompiledTarget | undefined>;
  release(): void;
}

interface Known {
  readonly target: WatchCell<CompiledTarget | undefined>;
  readonly close: () => void;
  /** There is a policy, and the control plane that told it is away. */
  readonly isUnconfirmed: () => boolean;
  /** The control plane will say no more on these streams: who comes after this asks anew. Infinity while it may. */
  askAgainMs: number;
  users: number;
  idleTimer: Timer | undefined;
}

/** How long a final answer is good for connections that come later. */
const finalAnswerMs = 10_000;

export class Destinations {
  readonly #deps: OutboundDeps;
  readonly #backends: Backends;
  /** What the next connection to an address will use. */
  readonly #known = new Map<string, Known>();
  /** All that is not closed: of an address there may be an older one still in use. */
  readonly #open = new Set<Known>();

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
    this.#backends = new Backends(deps);
  }

  acquire(address: SocketAddress): DestinationLease {
    const key = keyOf(address);
    let known = this.#known.get(key);
    if (known === undefined || known.askAgainMs <= this.#deps.clock.nowMs()) {
      known = this.#discover(address);
      this.#known.set(key, known);
      this.#open.add(known);
    }
    const taken = known;
    taken.users += 1;
    taken.idleTimer?.cancel();
    let isReleased = false;
    return {
      address,
      target: taken.target,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        taken.users -= 1;
        if (taken.users === 0) this.#forgetLater(key, taken);
      },
    };
  }

  /** The target, waited for if need be; one that refuses everything when it did not become known in time. */
  whenKnown({ target, address }: DestinationLease): Promise<CompiledTarget> {
    const { value } = target;
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        unsubscribe();
        resolve(target.value ?? unknownTarget(keyOf(address)));
      };
      const unsubscribe = target.subscribe(finish);
      const timer = this.#deps.clock.after(this.#deps.discoveryTimeoutMs, finish);
    });
  }

  close(): void {
    for (const { close, idleTimer } of this.#open) {
      idleTimer?.cancel();
      close();
    }
    this.#open.clear();
    this.#known.clear();
    this.#backends.close();
  }

  #forgetLater(key: string, known: Known): void {
    const { clock, config } = this.#deps;
    known.idleTimer = clock.after(config.discoveryIdleMs, () => {
      const isCurrent = this.#known.get(key) === known;
      // Now it could not be learnt again: an application that calls seldom would be cut off.
      if (isCurrent && known.isUnconfirmed()) return this.#forgetLater(key, known);
      if (isCurrent) this.#known.delete(key);
      this.#open.delete(known);
      known.close();
    });
  }

  #discover({ ip, port }: SocketAddress): Known {
    const deps = this.#deps;
    const parsed = parseIp(ip);
    if (parsed.kind !== 'ok') throw new Error(`the original destination ${ip} is not an address`);
    const address = parsed.value;
    const hasProfile = deps.config.profileNetworks.some((network) => networkContains(network, address));
    const policy = watchPolicy(address, port, deps);
    const profile = hasProfile ? watchProfile(keyOf({ ip, port }), deps) : undefined;
    const original = { address: { ip: address, port }, weight: 1, labels: {} };
    const target = new WatchCell<CompiledTarget | undefined>(undefined);
    const known: Known = {
      target,
      close: () => {
        policy.close();
        profile?.close();
        target.value?.release();
        target.close();
      },
      isUnconfirmed: () => {
        const { value, isLive, final } = policy.state.value;
        return value !== undefined && !isLive && final === undefined;
      },
      askAgainMs: Number.POSITIVE_INFINITY,
      users: 0,
      idleTimer: undefined,
    };
    const sources = { policy: policy.state.value, profile: profile?.state.value };
    let inForce: unknown;
    const update = (): void => {
      const { policy: newest, profile: described } = sources;
      const isEnded = newest.final !== undefined || described?.final !== undefined;
      if (isEnded) known.askAgainMs = Math.min(known.askAgainMs, deps.clock.nowMs() + finalAnswerMs);
      // States change with every stream that breaks and comes back; the answers in them seldom do.
      const answers = JSON.stringify([newest.value, newest.final?.code, described?.value, described?.final?.code]);
      if (answers === inForce) return;
      inForce = answers;
      const next = targetFrom(newest, described, original);
      if (next.kind === 'pending') return;
      if (next.kind === 'refused') {
        deps.log.warn({ destination: keyOf({ ip, port }), reason: next.reason }, 'destination refused');
      }
      const before = target.value;
      target.set(compileTarget(next, this.#backends));
      // After the new one has taken what both use.
      before?.release();
    };
    policy.state.subscribe((state) => {
      sources.policy = state;
      update();
    });
    profile?.state.subscribe((state) => {
      sources.profile = state;
      update();
    });
    return known;
  }
}
