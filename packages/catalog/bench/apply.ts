/**
 * How long the catalog takes to learn a large cluster, object by object in random order, and to follow one change in it.
 *
 *     node packages/catalog/bench/apply.ts
 */
import type { KubernetesObject } from '@heddle/crds/core';
import { createCatalog } from '../src/index.ts';
import {
  buildAuthorizationPolicy,
  buildHttpRoute,
  buildMeshTls,
  buildNamespace,
  buildPod,
  buildServer,
  buildService,
  buildServiceAccount,
  buildSlice,
  meshedLabels,
  selectorOf,
  testOptions,
} from '../src/testing/index.ts';

/** Ten pods, their Service, and a policy with a route: 18 objects. */
const PODS = 10;

const appObjects = (namespace: string, app: string, index: number): readonly KubernetesObject[] => {
  const name = `${app}-${index}`;
  const ip = (pod: number): string => {
    const number = index * PODS + pod;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  };
  const pods = Array.from({ length: PODS }, (_, pod) =>
    buildPod({
      namespace,
      name: `${name}-${pod}`,
      ip: ip(pod),
      labels: meshedLabels(name),
      serviceAccount: name,
      probes: [{ path: '/healthz', port: 'http' }],
    }),
  );
  const workloads = { kind: 'pods', selector: selectorOf({ app: name }) } as const;
  const account = { kind: 'ServiceAccount', namespace, name } as const;
  return [
    ...pods,
    buildServiceAccount({ namespace, name }),
    buildService({ namespace, name, clusterIp: `10.200.${(index >> 8) & 255}.${index & 255}` }),
    buildSlice({
      namespace,
      name,
      service: name,
      endpoints: pods.map((pod, at) => ({ address: ip(at), pod: pod.metadata.name })),
    }),
    buildServer({ namespace, name, workloads }),
    buildHttpRoute({ namespace, name, server: name, matches: [{ path: { kind: 'prefix', value: '/api' } }] }),
    buildMeshTls({ namespace, name, identityRefs: [account] }),
    buildAuthorizationPolicy({
      namespace,
      name,
      target: { kind: 'HTTPRoute', group: 'policy.linkerd.io', name },
      requiredAuthentications: [{ kind: 'MeshTLSAuthentication', namespace, name }],
    }),
    buildAuthorizationPolicy({
      namespace,
      name: `${name}-admin`,
      target: { kind: 'Server', name },
      requiredAuthentications: [account],
    }),
  ];
};

const clusterOf = (objects: number, namespaces: number): readonly KubernetesObject[] => {
  const perApp = appObjects('n', 'app', 0).length;
  const apps = Math.ceil((objects - namespaces) / perApp);
  return [
    ...Array.from({ length: namespaces }, (_, at) => buildNamespace({ name: `ns-${at}` })),
    ...Array.from({ length: apps }, (_, at) => appObjects(`ns-${at % namespaces}`, 'app', at)).flat(),
  ];
};

/** The same order in every run: a linear congruential generator (Numerical Recipes) drives Fisher and Yates. */
const shuffled = <T>(items: readonly T[]): readonly T[] => {
  const result = [...items];
  let state = 1;
  for (let at = result.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (at + 1);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
};

/** Time and CPU time since a moment: on a machine that is busy with other things they differ. */
const moment = (): { readonly ms: number; readonly cpu: NodeJS.CpuUsage } => ({
  ms: performance.now(),
  cpu: process.cpuUsage(),
});
const since = ({ ms, cpu }: ReturnType<typeof moment>): { readonly ms: number; readonly cpuMs: number } => {
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - ms, cpuMs: (user + system) / 1000 };
};
const shown = ({ ms, cpuMs }: ReturnType<typeof since>): string => `${ms.toFixed(0)} ms (CPU ${cpuMs.toFixed(0)})`;

const measure = (title: string, objects: readonly KubernetesObject[]): void => {
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const one = createCatalog(testOptions);
  let start = moment();
  for (const object of objects) one.apply(object);
  const applied = since(start);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed - heapBefore;

  start = moment();
  createCatalog(testOptions).reset(objects);
  const reset = since(start);

  const { namespace, name } = objects.find((object) => object.kind === 'Server')?.metadata ?? {
    namespace: '',
    name: '',
  };
  const rounds = 200;
  start = moment();
  for (let round = 0; round < rounds; round++) {
    one.apply(buildAuthorizationPolicy({ namespace, name: 'new', target: { kind: 'Server', name } }));
    for (let pod = 0; pod < PODS; pod++) one.inboundPolicy(namespace, `${name}-${pod}`, 8080);
  }
  const edit = since(start).cpuMs / rounds;

  console.log(
    `${title}: ${objects.length} objects; apply one by one ${shown(applied)}, reset ${shown(reset)}, ` +
      `one policy edit and the ${PODS} answers after it CPU ${(edit * 1000).toFixed(0)} µs, heap ${(heap / 1e6).toFixed(0)} MB`,
  );
};

measure('100 namespaces', shuffled(clusterOf(100_000, 100)));
measure('1 namespace   ', shuffled(clusterOf(100_000, 1)));
