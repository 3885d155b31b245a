/**
 * Spreads exchanges and connections over the endpoints of one backend (wire §9.3, §9.4): power of two choices over what
 * is ready, a bounded line in front while nothing is, and after the failfast timeout no more waiting until something is
 * ready again.
 *
 * ```
 *   dispatch ──► P2C over usable ── ready ──────────────────────────► endpoint
 *                    │ not ready: prepare it, take one that is ready ──► endpoint
 *                    └ none: line ── something became ready ────────────► endpoint
 *                              └──── failfast timeout ──► 504, and 503 at once from then on
 * ```
 */
import type { Socket } from 'node:net';
import { Backoff, type Sweepable } from '@heddle/runtime';
import { type AbortCause, aborts, identityRequired } from '../../http/abort.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { OutboundDeps } from '../deps.ts';
import { type Carriage, carriageOf, Endpoint, type EndpointEvents } from '../endpoint/endpoint.ts';
import { isSameReach, keyOf, type Reach } from '../endpoint/reach.ts';
import { Bell } from './bell.ts';
import { pickOfTwo } from './p2c.ts';
import type { EwmaParameters } from './peak-ewma.ts';
import { WaitingLine } from './waiting-line.ts';

export interface BalancerOptions {
  /** For metrics and messages: `authors.booksapp.svc.cluster.local:7001`. */
  readonly name: string;
  /** It stands for one known address: there is nobody else to turn to. */
  readonly isSingle: boolean;
  readonly ewma: EwmaParameters;
  readonly deps: OutboundDeps;
}

/** What a connection for opaque bytes ended with. */
export type ConnectResult =
  | { readonly kind: 'connected'; readonly socket: Socket; readonly endpoint: Endpoint }
  | { readonly kind: 'failed'; readonly cause: AbortCause };

const carriages: readonly Carriage[] = ['http1', 'http2', 'tunnel'];

export class Balancer implements Sweepable {
  readonly name: string;
  readonly isSingle: boolean;
  readonly #options: BalancerOptions;
  #endpoints: Endpoint[] = [];
  /** Why there may be endpoints that are not used. */
  #refusal: AbortCause | undefined;
  readonly #line: WaitingLine;
  /** Carriages for which waiting has proved to be in vain. */
  readonly #shut = new Set<Carriage>();
  #lastError = 'no endpoint is known';
  #isSwept = false;
  #isClosed = false;
  /** Rung when endpoints change. */
  readonly #bell = new Bell();
  /** Parameters of the draw under way; fields, so that drawing makes no closures. */
  #carriage: Carriage = 'http1';
  #nowMs = 0;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.name = options.name;
    this.isSingle = options.isSingle;
    this.#line = new WaitingLine(options.deps.config.queueCapacity);
  }

  /** Whether it is worth asking: waiting has not been in vain. */
  get isAvailable(): boolean {
    return this.#shut.size === 0;
  }

  /**
   * The endpoints from now on. Those that were there keep their connections, those that are gone finish what is open.
   * @param refusal what exchanges are told while there is none, if not to wait
   */
  update(reaches: readonly Reach[], refusal: AbortCause | undefined): void {
    const before = new Map(this.#endpoints.map((endpoint) => [keyOf(endpoint.reach.target), endpoint]));
    this.#refusal = refusal;
    this.#endpoints = reaches.map((reach) => {
      const key = keyOf(reach.target);
      const known = before.get(key);
      if (known === undefined || !isSameReach(known.reach, reach)) {
        // Nothing is known against this one: it is worth waiting for.
        this.#shut.clear();
        return this.#make(reach);
      }
      before.delete(key);
      return known;
    });
    for (const gone of before.values()) gone.close();
    if (this.#endpoints.length === 0) this.#lastError = refusal?.detail ?? 'it has no endpoints';
    else if (before.size === 0) this.#lastError = 'its endpoints are being connected to';
    this.#count();
    this.#bell.ring();
    if (this.#endpoints.length > 0 || refusal === undefined) this.#serveLine();
    else for (const exchange of this.#line.takeAll(undefined)) exchange.onResponseAborted(refusal);
  }

  /** Why there are no endpoints, for whoever waits in vain. */
  explain(reason: string): void {
    if (this.#endpoints.length === 0) this.#lastError = reason;
  }

  /** Sends the exchange to an endpoint, at once or when there is one; else `exchange.onResponseAborted`. */
  dispatch(exchange: Exchange, nowMs: number): void {
    const carriage = carriageOf(exchange);
    if (this.#line.length === 0 || !this.#line.has(carriage)) {
      const endpoint = this.#pick(carriage);
      if (endpoint !== undefined) {
        this.#assign(exchange, endpoint, carriage, nowMs);
        return;
      }
    }
    if (this.#endpoints.length === 0 && this.#refusal !== undefined) exchange.onResponseAborted(this.#refusal);
    else if (this.#isClosed || this.#shut.has(carriage)) exchange.onResponseAborted(this.#cause(aborts.overloaded));
    else if (this.#line.add(exchange, carriage, nowMs)) this.#watchTime();
    else exchange.onResponseAborted(aborts.overloaded);
  }

  /** A connection of its own for opaque bytes: tries endpoints until one answers or the failfast timeout has passed. */
  async connect(): Promise<ConnectResult> {
    const { deps } = this.#options;
    const { clock, config, random } = deps;
    const startMs = clock.nowMs();
    const backoff = new Backoff(config.connectBackoff, random);
    for (;;) {
      if (this.#endpoints.length === 0 && this.#refusal !== undefined) return { kind: 'failed', cause: this.#refusal };
      for (const endpoint of this.#connectOrder()) {
        try {
          const beganMs = clock.nowMs();
          const socket = await endpoint.connect();
          const nowMs = clock.nowMs();
          endpoint.observe(nowMs - beganMs, nowMs);
          return { kind: 'connected', socket, endpoint };
        } catch (error) {
          this.#note(endpoint, error instanceof Error ? error.message : 'connect failed');
        }
      }
      const leftMs = config.failfastMs - (clock.nowMs() - startMs);
      if (leftMs <= 0 || this.#isClosed) return { kind: 'failed', cause: this.#cause(aborts.failfast) };
      await this.#bell.wait(clock, Math.min(backoff.next(), leftMs));
    }
  }

  /** Lets open exchanges end; those that wait are refused. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWatching();
    for (const endpoint of this.#endpoints) endpoint.close();
    this.#endpoints = [];
    this.#count();
    for (const exchange of this.#line.takeAll(undefined)) exchange.onResponseAborted(aborts.drain);
    this.#bell.ring();
  }

  sweep(nowMs: number): void {
    const { failfastMs } = this.#options.deps.config;
    for (const carriage of carriages) {
      if (nowMs - this.#line.oldest(carriage) < failfastMs) continue;
      this.#shut.add(carriage);
      const cause = this.#cause(aborts.failfast);
      for (const exchange of this.#line.takeAll(carriage)) exchange.onResponseAborted(cause);
    }
    if (this.#line.length === 0) this.#stopWatching();
  }

  // ---- choosing ------------------------------------------------------------------------------------------------

  #pick(carriage: Carriage): Endpoint | undefined {
    const endpoints = this.#endpoints;
    if (endpoints.length === 1) {
      const only = endpoints[0] as Endpoint;
      const link = only.link(carriage);
      if (link.isReady) return only;
      link.prepare();
      return undefined;
    }
    const { clock, random } = this.#options.deps;
    this.#carriage = carriage;
    this.#nowMs = clock.nowMs();
    const drawn = endpoints[pickOfTwo(endpoints.length, this.#isUsable, this.#cost, random)];
    if (drawn === undefined) return this.#drawReady();
    const link = drawn.link(carriage);
    if (link.isReady) return drawn;
    // Not this time, but connected for the next.
    link.prepare();
    return this.#drawReady();
  }

  #drawReady(): Endpoint | undefined {
    const { random } = this.#options.deps;
    return this.#endpoints[pickOfTwo(this.#endpoints.length, this.#isReady, this.#cost, random)];
  }

  readonly #isUsable = (index: number): boolean => {
    const link = this.#endpoints[index]?.link(this.#carriage);
    return link !== undefined && (link.isUsable || link.isReady);
  };

  readonly #isReady = (index: number): boolean => this.#endpoints[index]?.link(this.#carriage).isReady === true;

  readonly #cost = (index: number): number => this.#endpoints[index]?.cost(this.#nowMs) ?? Number.POSITIVE_INFINITY;

  /** One by power of two choices, then the others in turn. */
  #connectOrder(): readonly Endpoint[] {
    const { clock, random } = this.#options.deps;
    this.#nowMs = clock.nowMs();
    const endpoints = this.#endpoints;
    const first = pickOfTwo(endpoints.length, () => true, this.#cost, random);
    return first < 0 ? [] : [...endpoints.slice(first), ...endpoints.slice(0, first)];
  }

  #assign(exchange: Exchange, endpoint: Endpoint, carriage: Carriage, nowMs: number): void {
    const objection = exchange.outbound?.assign(endpoint, nowMs);
    if (objection === undefined) endpoint.open(exchange, carriage);
    else exchange.onResponseAborted(objection);
  }

  // ---- waiting -------------------------------------------------------------------------------------------------

  #serveLine(): void {
    if (this.#line.length === 0) return;
    const nowMs = this.#options.deps.clock.nowMs();
    this.#line.offer((exchange, carriage) => {
      const endpoint = this.#pick(carriage);
      if (endpoint === undefined) return false;
      this.#assign(exchange, endpoint, carriage, nowMs);
      return true;
    });
    if (this.#line.length === 0) this.#stopWatching();
  }

  #watchTime(): void {
    if (this.#isSwept) return;
    this.#isSwept = true;
    this.#options.deps.sweeper.add(this);
  }

  #stopWatching(): void {
    this.#isSwept = false;
    this.#options.deps.sweeper.remove(this);
  }

  // ---- news of endpoints ---------------------------------------------------------------------------------------

  #make(reach: Reach): Endpoint {
    const events: EndpointEvents = {
      onReady: (wasDown) => {
        if (wasDown) this.#count();
        // Something is ready again: exchanges may wait again for what is not.
        if (this.#shut.size > 0) this.#shut.clear();
        this.#serveLine();
      },
      onDown: (endpoint, reason) => {
        this.#note(endpoint, reason);
        this.#count();
        // Whoever waits for this one would do with another.
        this.#serveLine();
      },
      onUsable: (_endpoint, link) => {
        if (this.#line.length > 0 || this.#shut.size > 0) link.prepare();
      },
      onUnsent: (exchange) => {
        exchange.outbound?.release();
        this.dispatch(exchange, this.#options.deps.clock.nowMs());
      },
    };
    const { deps, ewma } = this.#options;
    return new Endpoint({ reach, ewma, deps, events });
  }

  #note(endpoint: Endpoint, reason: string): void {
    this.#lastError = reason;
    const { clock, log, sampler } = this.#options.deps;
    const suppressed = sampler.take(clock.nowMs());
    const peer = keyOf(endpoint.reach.target);
    if (suppressed >= 0) log.warn({ backend: this.name, peer, reason, suppressed }, 'endpoint cannot be reached');
  }

  #count(): void {
    const { balancerEndpoints } = this.#options.deps.metrics;
    const ready = this.#endpoints.filter(({ isUp }) => isUp).length;
    balancerEndpoints.cell({ backend_name: this.name, endpoint_state: 'ready' }).set(ready);
    balancerEndpoints.cell({ backend_name: this.name, endpoint_state: 'pending' }).set(this.#endpoints.length - ready);
  }

  #cause(cause: AbortCause): AbortCause {
    return { ...cause, detail: `${cause.detail}: ${this.name}: ${this.#lastError}` };
  }
}

/** What exchanges are told where a mesh identity is required and no endpoint has one. */
export const notMeshed = (name: string): AbortCause =>
  identityRequired(`mesh-required: ${name} has no endpoint with a mesh identity`);
