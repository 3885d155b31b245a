/** Our proxy pair as users run it: `heddle local up`, policy on, metrics on, the access log off. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendConf } from '../backend.ts';
import { startChild, stopChild } from '../child.ts';
import type { Peer } from '../peer.ts';

interface State {
  readonly isReady: boolean;
  readonly workloads: readonly {
    readonly name: string;
    readonly address: string;
    readonly outbound: readonly { readonly listenPort: number }[];
  }[];
  readonly pids: Readonly<Record<string, number>>;
}

/** The pair whose bundles are in `root`, laid out as in the repository (`apps/cli/dist` and so on). */
export const heddlePeerOf = (name: string, root: string): Peer => ({
  name,
  start: async (_backendPort, dir) => {
    const stateDir = join(dir, 'state');
    writeBenchMesh(dir);
    const cli = join(root, 'apps/cli/dist/main.js');
    const child = startChild(
      [process.execPath, cli, 'local', 'up', dir, '--state-dir', stateDir, '--no-access-log'],
      join(dir, 'heddle.log'),
    );
    const state = await awaitState(join(stateDir, 'state.json'), join(dir, 'heddle.log'));
    const client = state.workloads.find(({ name }) => name === 'client');
    return {
      url: `http://${client?.address}:${client?.outbound[0]?.listenPort}`,
      pids: ['proxy-client', 'proxy-server'].flatMap((name) => state.pids[name] ?? []),
      stop: () => stopChild(child),
    };
  },
});

export const heddlePeer: Peer = heddlePeerOf('Heddle', join(import.meta.dirname, '../../..'));

/** Writes manifests, policies and `heddle.local.yaml` of a client and a server into `dir`. */
export const writeBenchMesh = (dir: string): void => {
  mkdirSync(join(dir, 'k8s'), { recursive: true });
  writeFileSync(join(dir, 'k8s', 'bench.yaml'), manifests);
  // The backend listens where the mesh tells its workload to, and is otherwise the one that the other pairs have.
  writeFileSync(join(dir, 'backend.template'), backendConf(dir, '@LISTEN@'));
  writeFileSync(join(dir, 'heddle.local.yaml'), localMesh(dir));
};

export const awaitState = async (file: string, logFile: string): Promise<State> => {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      const state = JSON.parse(readFileSync(file, 'utf8')) as State;
      if (state.isReady) return state;
    } catch {
      // Not written yet.
    }
    if (performance.now() > deadline) throw new Error(`the mesh did not become ready; see ${logFile}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
};

/** Twenty routes and fifty authorizations, of which the client's is one of the last. */
const manifests = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } },
  ...['client', 'server'].flatMap((name) => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'bench' } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'bench' },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name,
                image: 'bench',
                ...(name === 'server' ? { ports: [{ name: 'http', containerPort: 7000 }] } : {}),
              },
            ],
          },
        },
      },
    },
  ]),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'server', namespace: 'bench' },
    spec: { selector: { app: 'server' }, ports: [{ name: 'http', port: 7000, targetPort: 'http' }] },
  },
  {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: { name: 'server', namespace: 'bench' },
    spec: { podSelector: { matchLabels: { app: 'server' } }, port: 'http', proxyProtocol: 'HTTP/1' },
  },
  ...Array.from({ length: 20 }, (_, index) => ({
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'HTTPRoute',
    metadata: { name: `route-${index}`, namespace: 'bench' },
    spec: {
      parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', name: 'server' }],
      rules: [
        { matches: [{ method: 'GET', path: { type: 'PathPrefix', value: index === 19 ? '/items' : `/r${index}` } }] },
      ],
    },
  })),
  ...Array.from({ length: 50 }, (_, index) => ({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `policy-${index}`, namespace: 'bench' },
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'HTTPRoute', name: `route-${index === 49 ? 19 : index % 20}` },
      requiredAuthenticationRefs: [
        { kind: 'ServiceAccount', name: index === 49 ? 'client' : `nobody-${index}`, namespace: 'bench' },
      ],
    },
  })),
]
  .map((object) => JSON.stringify(object))
  .join('\n---\n');

const localMesh = (dir: string): string =>
  JSON.stringify({
    apiVersion: 'local.heddle.dev/v1alpha1',
    kind: 'LocalMesh',
    metadata: { name: 'bench' },
    spec: {
      manifests: 'k8s',
      workloads: [
        {
          name: 'server',
          namespace: 'bench',
          command: [
            'sh',
            '-c',
            `sed "s/@LISTEN@/$LISTEN/" ${dir}/backend.template > ${dir}/backend.conf && exec nginx -c ${dir}/backend.conf -p ${dir}`,
          ],
          listen: { http: 'LISTEN' },
        },
        {
          name: 'client',
          namespace: 'bench',
          command: ['sleep', '86400'],
          services: { SERVER_URL: 'http://server:7000' },
        },
      ],
    },
  });
