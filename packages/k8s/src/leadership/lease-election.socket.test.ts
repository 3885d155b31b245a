import { eventually, FakeApiServer, FakeClock } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { apiOf } from '../testing/watched-widgets.ts';
import { LeaseElection } from './lease-election.ts';
import { leases } from './lease-record.ts';

const clock = new FakeClock();
let server: FakeApiServer;
let api: KubernetesApi;
let replicas: Replica[] = [];
beforeEach(async () => {
  server = await FakeApiServer.start({ kinds: [leases] });
  api = apiOf(server);
});
afterEach(async () => {
  for (const replica of replicas) await replica.stop();
  replicas = [];
  api.close();
  await server[Symbol.asyncDispose]();
});

class Replica {
  readonly election: LeaseElection;
  readonly errors: number[] = [];
  readonly #abort = new AbortController();
  readonly #loop: Promise<void>;

  constructor(identity: string, through: Pick<KubernetesApi, 'call'> = api) {
    this.election = new LeaseElection({
      api: through,
      namespace: 'linkerd',
      name: 'policy-controller-write',
      identity,
      clock,
      random: () => 0,
      onError: ({ status }) => this.errors.push(status),
    });
    this.#loop = this.election.run(this.#abort.signal);
    replicas.push(this);
  }

  get leads(): boolean {
    return this.election.leading.value;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }
}

const settle = (check: () => void): Promise<void> =>
  eventually(
    () => {
      clock.advance(100);
      check();
    },
    { intervalMs: 1 },
  );
const specOf = () => server.store.get(leases, 'linkerd', 'policy-controller-write')?.['spec'];

test('the first replica leads, and the next one when it lets go', async () => {
  const first = new Replica('one');
  await settle(() => expect(first.leads).toBe(true));
  expect(specOf()).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 30, leaseTransitions: 0 });
  const second = new Replica('two');
  await settle(() => expect(server.requests.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(2));
  expect([first.leads, second.leads]).toEqual([true, false]);

  const stoppedMs = clock.nowMs();
  await first.stop();
  expect(first.leads).toBe(false);
  await settle(() => expect(second.leads).toBe(true));
  expect(clock.nowMs() - stoppedMs).toBeLessThan(10_000);
  expect(specOf()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
});

test('a leader that cannot renew stops before another begins', async () => {
  let isCutOff = false;
  const cutOff: Pick<KubernetesApi, 'call'> = {
    call: (request) => (isCutOff ? new Promise(() => {}) : api.call(request)),
  };
  const first = new Replica('one', cutOff);
  await settle(() => expect(first.leads).toBe(true));
  const second = new Replica('two');
  isCutOff = true;
  const leaders = new Set<string>();
  await settle(() => {
    leaders.add(`${first.leads} ${second.leads}`);
    expect(second.leads).toBe(true);
  });
  expect([...leaders]).toEqual(['true false', 'false false', 'false true']);
  replicas.shift();
});

test('of two that claim at the same moment, one leads', async () => {
  server.put(leases, { metadata: { namespace: 'linkerd', name: 'policy-controller-write' }, spec: {} });
  const both = [new Replica('one'), new Replica('two')];
  await settle(() => expect(server.requests.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(3));
  expect(both.filter(({ leads }) => leads)).toHaveLength(1);
  expect(both.flatMap(({ errors }) => errors)).toEqual([]);
});

test('errors are reported and outlived', async () => {
  server.fail({ on: 'get', answer: { status: 403 } }, { on: 'write', answer: { status: 500 } });
  const replica = new Replica('one');
  await settle(() => expect(replica.leads).toBe(true));
  expect(replica.errors).toEqual([403, 500]);
});
