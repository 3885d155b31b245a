/** The backends in use. Policies of several targets that name the same backend share its balancer and connections. */
import { createMessage, destinationApi, endpointUpdateFromProto, finalErrors, StreamWatch } from '@heddle/api';
import type { Backend, Endpoint } from '@heddle/catalog';
import { type IpAddress, networkContains } from '@heddle/names';
import type { AbortCause } from '../../http/abort.ts';
import type { OutboundDeps } from '../deps.ts';
import { type Reach, reachOf } from '../endpoint/reach.ts';
import { Balancer, notMeshed } from './balancer.ts';
import { applyUpdate, type EndpointSet } from './endpoint-set.ts';

/** A use of a backend; release it when it is no longer wanted. */
export interface BackendLease {
  readonly balancer: Balancer;
  release(): void;
}

interface Shared {
  readonly balancer: Balancer;
  readonly close: () => void;
  users: number;
}

export class Backends {
  readonly #deps: OutboundDeps;
  readonly #shared = new Map<string, Shared>();

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
  }

  acquire(backend: Backend): BackendLease {
    const key = JSON.stringify(backend.target);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = this.#make(backend);
      this.#shared.set(key, shared);
    }
    shared.users += 1;
    const taken = shared;
    let isReleased = false;
    return {
      balancer: taken.balancer,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        taken.users -= 1;
        if (taken.users > 0) return;
        this.#shared.delete(key);
        taken.close();
      },
    };
  }

  /** Ends everything at once, leases or not. */
  close(): void {
    for (const { close } of this.#shared.values()) close();
    this.#shared.clear();
  }

  #make({ target }: Backend): Shared {
    const deps = this.#deps;
    if (target.kind === 'forward') {
      const { endpoint } = target;
      const name = nameOf(endpoint);
      const balancer = new Balancer({ name, isSingle: true, deps, ewma: defaultEwma });
      // A lone address may be outside the cluster, where nobody has a mesh identity.
      this.#update(balancer, [endpoint], {}, (ip) => this.#isInCluster(ip));
      return { balancer, close: () => balancer.close(), users: 0 };
    }
    const { path, defaultRttMs, decayMs } = target;
    const balancer = new Balancer({ name: path, isSingle: false, deps, ewma: { defaultRttMs, decayMs } });
    const watch = new StreamWatch({
      client: deps.destinationClient,
      method: destinationApi.Destination.method.get,
      request: createMessage(destinationApi.GetDestinationSchema, { path, contextToken: deps.config.contextToken }),
      fold: (previous: EndpointSet | undefined, message, isFirst) => {
        const update = endpointUpdateFromProto(message);
        if (update.kind === 'ok') return applyUpdate(previous, update.value, isFirst);
        deps.log.warn({ backend: path, reason: update.reason }, 'endpoint update ignored');
        return previous ?? applyUpdate(undefined, { kind: 'remove', addresses: [] }, true);
      },
      isFinal: finalErrors.destination,
      clock: deps.clock,
      random: deps.random,
      limits: deps.streamLimits,
    });
    watch.state.subscribe(({ value, lastError }) => {
      if (value !== undefined && !value.isStale) {
        this.#update(balancer, [...value.endpoints.values()], value.labels, () => true);
      } else if (lastError !== undefined) {
        balancer.explain(`its endpoints are not known: ${lastError.message}`);
      }
    });
    const close = (): void => {
      watch.close();
      balancer.close();
    };
    return { balancer, close, users: 0 };
  }

  #update(
    balancer: Balancer,
    endpoints: readonly Endpoint[],
    labels: Readonly<Record<string, string>>,
    isInCluster: (ip: IpAddress) => boolean,
  ): void {
    const { config, log } = this.#deps;
    const reaches: Reach[] = [];
    let refusal: AbortCause | undefined;
    for (const endpoint of endpoints) {
      const result = reachOf({ ...endpoint, labels: { ...labels, ...endpoint.labels } });
      if (result.kind === 'refused') {
        log.warn({ backend: balancer.name, reason: result.reason }, 'endpoint not used');
        refusal ??= { ...notMeshed(balancer.name), detail: result.reason };
      } else if (result.reach.mesh === undefined && config.meshRequired && isInCluster(endpoint.address.ip)) {
        refusal = notMeshed(balancer.name);
      } else {
        reaches.push(result.reach);
      }
    }
    balancer.update(reaches, refusal);
  }

  #isInCluster(ip: IpAddress): boolean {
    const { clusterNetworks } = this.#deps;
    return clusterNetworks.length === 0 || clusterNetworks.some((network) => networkContains(network, ip));
  }
}

const defaultEwma = { defaultRttMs: 30, decayMs: 10_000 };

const nameOf = (endpoint: Endpoint): string => {
  const reach = reachOf(endpoint);
  return reach.kind === 'ok' ? `${reach.reach.target.ip}:${reach.reach.target.port}` : reach.reason;
};
