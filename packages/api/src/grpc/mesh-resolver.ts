/**
 * @grpc/grpc-js's way to find servers, with the lookups of ours. It asks when the channel wants to know, which it does
 * when a connection ends or fails, and not more often than every five seconds.
 */
import { experimental, status } from '@grpc/grpc-js';
import type { Clock, Timer } from '@heddle/runtime';
import { type NameLookup, resolveService, type ServiceAddress } from './name-lookup.ts';

type Listener = experimental.ResolverListener;

/** Scheme of targets that this resolver serves. */
export const meshScheme = 'heddle-mesh';

/** The channel option with what the resolver needs; the prefix keeps it out of the identity of connections. */
export const meshResolverOption = 'grpc.internal.no_subchannel.heddle_mesh_resolver';

export interface MeshResolverOptions {
  readonly names: NameLookup;
  readonly clock: Clock;
  readonly random: () => number;
}

const minBetweenMs = 5000;

class MeshResolver implements experimental.Resolver {
  readonly #listener: Listener;
  readonly #options: MeshResolverOptions;
  readonly #path: string;
  readonly #host: string;
  readonly #port: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #isAsking = false;
  /** Answers to what was asked before `destroy` are nobody's. */
  #life = 0;

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path;
  }

  constructor({ path }: experimental.GrpcUri, listener: Listener, options: Readonly<Record<string, unknown>>) {
    const { host, port } = experimental.splitHostPort(path) ?? { host: path };
    this.#listener = listener;
    this.#options = options[meshResolverOption] as MeshResolverOptions;
    this.#path = path;
    this.#host = host;
    this.#port = port ?? 443;
  }

  updateResolution(): void {
    if (this.#isAsking || this.#timer !== undefined) return;
    const { clock } = this.#options;
    const waitMs = this.#askedMs + minBetweenMs - clock.nowMs();
    if (waitMs <= 0) {
      void this.#ask();
      return;
    }
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined;
      void this.#ask();
    });
  }

  destroy(): void {
    this.#life += 1;
    this.#isAsking = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    const life = this.#life;
    const { names, clock, random } = this.#options;
    this.#isAsking = true;
    this.#askedMs = clock.nowMs();
    const found = await resolveService(names, this.#host, this.#port).catch(() => []);
    if (life !== this.#life) return;
    this.#isAsking = false;
    this.#listener(found.length === 0 ? this.#nothing() : this.#endpoints(shuffled(found, random)), {}, null, '');
  }

  #nothing(): Parameters<Listener>[0] {
    return experimental.statusOrFromError({ code: status.UNAVAILABLE, details: `no address for ${this.#path}` });
  }

  #endpoints(found: readonly ServiceAddress[]): Parameters<Listener>[0] {
    return experimental.statusOrFromValue(found.map(({ host, port }) => ({ addresses: [{ host, port }] })));
  }
}

/** The first that answers is used: in any order, so that clients spread over the replicas. */
const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);

experimental.registerResolver(meshScheme, MeshResolver);
