/**
 * Nanoseconds of processor time per decision for a policy of 20 routes and 50 authorizations, the connection known: the
 * median of several rounds. Run: `node packages/policy/bench/decide.bench.ts`.
 */
import {
  compilePolicy,
  decideHttp,
  explain,
  forConnection,
  type InboundPolicy,
  requestFrom,
  type Verdict,
} from '@heddle/policy';
import {
  client,
  grant,
  httpPolicy,
  httpRoute,
  identities,
  largePolicy,
  largePolicyClient,
} from '@heddle/policy/testing';

const rounds = 15;
const perRound = 200_000;

/** Keeps the optimiser from dropping what is measured. */
let permits = 0;

const nanosecondsPer = (count: number, run: () => Verdict): number => {
  const measured = Array.from({ length: rounds }, () => {
    const start = process.threadCpuUsage();
    for (let at = 0; at < count; at++) if (run().kind === 'permit') permits++;
    return (process.threadCpuUsage(start).user * 1000) / count;
  });
  return measured.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
};

const withHosts = (policy: InboundPolicy): InboundPolicy =>
  policy.protocol.kind === 'detect'
    ? {
        ...policy,
        protocol: {
          ...policy.protocol,
          routes: policy.protocol.routes.map((route) => ({ ...route, hosts: [{ kind: 'exact', host: 'api.shop' }] })),
        },
      }
    : policy;

const authority = 'api.shop:8080';
const compiled = compilePolicy(largePolicy());
const granted = forConnection(compiled, client(largePolicyClient));
const stranger = forConnection(compiled, client('stranger'));
const hosted = forConnection(compilePolicy(withHosts(largePolicy())), client(largePolicyClient));
const expression = forConnection(
  compilePolicy(httpPolicy([httpRoute('r', ['~ /api/v[0-9]+/users/[^/]+'], [grant('g', identities('*'))])])),
  client('web'),
);
// One object per request, as a proxy has them, so that nothing is folded into a constant.
const requests = (target: string) =>
  Array.from({ length: 64 }, (_, at) =>
    requestFrom({ target: `${target}${at}`, authority, headers: [['x-tenant', 'silver']] }),
  );

const cases: readonly (readonly [string, typeof granted, string])[] = [
  ['permit, last route', granted, '/api/v1/resource-19/items/42?page='],
  ['permit, first route', granted, '/api/v1/resource-0/items/42?page='],
  ['permit, routes for a host', hosted, '/api/v1/resource-19/items/42?page='],
  ['permit, encoded path (two readings)', granted, '/api/v1/resource-19/items/caf%C3%A9?page='],
  ['permit, one regular expression', expression, '/api/v1/users/'],
  ['deny 403, no grant', stranger, '/api/v1/resource-19/items/42?page='],
  ['deny 404, no route', granted, '/api/v2/resource-19/items/42?page='],
  ['deny 400, dot segment', granted, '/api/v1/resource-19/../admin?page='],
];

for (const [name, connection, target] of cases) {
  const pool = requests(target);
  let at = 0;
  const nanoseconds = nanosecondsPer(perRound, () => decideHttp(connection, pool[at++ & 63] ?? requestFrom({})));
  console.log(`${name.padEnd(40)} ${nanoseconds.toFixed(0).padStart(6)} ns`);
}
const someone = client(largePolicyClient);
const reduce = nanosecondsPer(5000, () => forConnection(compiled, someone).tcp);
console.log(`${'reduce policy to a connection'.padEnd(40)} ${reduce.toFixed(0).padStart(6)} ns`);
const question = requestFrom({ target: '/api/v1/resource-19/items/42' });
const explaining = nanosecondsPer(20, () => explain(largePolicy(), client('stranger'), question).verdict);
console.log(`${'explain'.padEnd(40)} ${explaining.toFixed(0).padStart(6)} ns`);
console.log(`(${permits} permits; node ${process.version})`);
