/**
 * A subscription that outlives its streams: it folds the messages of a server stream into one value, and when the stream
 * breaks it keeps the value and subscribes again.
 *
 * ```
 *             ┌────────── message ──────────┐
 *             ▼                             │
 *  opening ──────▶ live ── idle, lifetime ──┘ (a new stream, silently)
 *   ▲   │           │
 *   │   └─ error ───┤ error or end
 *   │               ▼
 *   └── backoff ◀── waiting ── final error ──▶ ended
 * ```
 */
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import {
  Backoff,
  type BackoffPolicy,
  type Clock,
  controlPlaneBackoff,
  type ReadableCell,
  type Timer,
  WatchCell,
} from '@heddle/runtime';
import type { GrpcClient, StreamCall } from '../grpc/client.ts';
import { RpcError } from '../grpc/rpc-error.ts';
import type { StreamMethod } from '../grpc/service-definition.ts';
import type { IsFinal } from './final-errors.ts';

/** What is known at one moment. */
export interface WatchState<T> {
  /** The newest value; it stays while the stream is away, and after a final error. */
  readonly value: T | undefined;
  /** Whether the stream that `value` came from still stands. */
  readonly isLive: boolean;
  /** Set once, when the server gave an answer that trying again cannot change. */
  readonly final: RpcError | undefined;
  /** Why the last stream ended, until the next one delivers. */
  readonly lastError: RpcError | undefined;
}

/** Limits on one stream (wire §3.4). Not used towards a control plane on loopback. */
export interface StreamLimits {
  /** Until the first message; then the stream counts as failed. */
  readonly initialMs: number;
  /** Between messages; then a new stream replaces it. */
  readonly idleMs: number;
  /** In all; then a new stream replaces it, so that load spreads over a control plane that grew. */
  readonly lifetimeMs: number;
}

export const defaultStreamLimits: StreamLimits = { initialMs: 3_000, idleMs: 300_000, lifetimeMs: 3_600_000 };

export interface StreamWatchOptions<I extends DescMessage, O extends DescMessage, T> {
  readonly client: GrpcClient;
  readonly method: StreamMethod<I, O>;
  readonly request: MessageShape<I>;
  /**
   * The value after a message. The first message of a stream tells the whole state, so it should replace what was known.
   * @param previous undefined before the very first message
   */
  readonly fold: (previous: T | undefined, message: MessageShape<O>, isFirstOfStream: boolean) => T;
  readonly isFinal: IsFinal;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly limits?: StreamLimits | undefined;
  /** 100 ms to 60 s by default. */
  readonly backoff?: BackoffPolicy | undefined;
}

export class StreamWatch<I extends DescMessage, O extends DescMessage, T> {
  readonly #options: StreamWatchOptions<I, O, T>;
  readonly #state: WatchCell<WatchState<T>>;
  readonly #backoff: Backoff;
  #call: StreamCall | undefined;
  #isFirst = true;
  /** Of the open stream: to the first message or to idleness. */
  #silence: Timer | undefined;
  #lifetime: Timer | undefined;
  #retry: Timer | undefined;
  #isClosed = false;

  /** Subscribes at once. Close it when the value is no longer wanted. */
  constructor(options: StreamWatchOptions<I, O, T>) {
    this.#options = options;
    this.#state = new WatchCell<WatchState<T>>({
      value: undefined,
      isLive: false,
      final: undefined,
      lastError: undefined,
    });
    this.#backoff = new Backoff(options.backoff ?? controlPlaneBackoff, options.random);
    this.#open();
  }

  get state(): ReadableCell<WatchState<T>> {
    return this.#state;
  }

  /** Ends the subscription; the state no longer changes. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#endStream();
    this.#retry?.cancel();
    this.#state.close();
  }

  #open(): void {
    const { client, method, request, clock, limits } = this.#options;
    this.#isFirst = true;
    this.#call = client.stream(method, request, {
      onMessage: (message) => this.#receive(message),
      onEnd: (error) => this.#fail(error ?? new RpcError('unavailable', 'the server ended the stream')),
    });
    if (limits === undefined) return;
    this.#silence = clock.after(limits.initialMs, () =>
      this.#fail(new RpcError('deadline-exceeded', `no first message within ${limits.initialMs} ms`)),
    );
    this.#lifetime = clock.after(limits.lifetimeMs, () => this.#replaceStream());
  }

  #receive(message: MessageShape<O>): void {
    const { fold, limits, clock } = this.#options;
    const value = fold(this.#state.value.value, message, this.#isFirst);
    this.#isFirst = false;
    this.#backoff.reset();
    if (limits !== undefined) {
      this.#silence?.cancel();
      this.#silence = clock.after(limits.idleMs, () => this.#replaceStream());
    }
    this.#state.set({ value, isLive: true, final: undefined, lastError: undefined });
  }

  #replaceStream(): void {
    this.#endStream();
    this.#open();
  }

  #fail(error: RpcError): void {
    this.#endStream();
    if (this.#isClosed) return;
    const { value } = this.#state.value;
    if (this.#options.isFinal(error)) {
      this.#state.set({ value, isLive: false, final: error, lastError: error });
      return;
    }
    this.#retry = this.#options.clock.after(this.#backoff.next(), () => this.#open());
    this.#state.set({ value, isLive: false, final: undefined, lastError: error });
  }

  #endStream(): void {
    this.#silence?.cancel();
    this.#lifetime?.cancel();
    this.#call?.cancel();
    this.#call = undefined;
  }
}
