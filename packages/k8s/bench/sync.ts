/**
 * How long a source takes to sync a large cluster into a catalog, the memory that takes, and the share of a core that
 * following it costs while 1 % of the pods change every second.
 *
 *     node packages/k8s/bench/sync.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createCatalog, parsePortList } from '@heddle/catalog';
import { parseObject } from '@heddle/crds';
import { systemClock } from '@heddle/runtime';
import { parseKubeconfig } from '../src/connection/kubeconfig.ts';
import { KubernetesApi, kubernetesSource } from '../src/index.ts';
import { kinds } from './large-cluster.ts';

const followSeconds = 10;
const changesPerSecond = 100;

const server = fork(join(import.meta.dirname, 'api-server.ts'), { stdio: 'inherit' });
const [kubeconfig] = (await once(server, 'message')) as [string];
const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
print(`before: ${mib(process.memoryUsage.rss())}`);

const catalog = createCatalog({
  controlPlaneNamespace: 'linkerd',
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  clusterNetworks: [],
  probeNetworks: [],
  globalEgressNamespace: 'linkerd-egress',
  defaultInboundPolicy: 'all-authenticated',
  defaultOpaquePorts: parsePortList(''),
  outboundTransportMode: 'transport-header',
  inboundProxyPort: 4143,
  adminProxyPort: 4191,
});
let applied = 0;
const api = new KubernetesApi({ connection: parseKubeconfig(kubeconfig, 'fake'), clock: systemClock });
const options = { defaults: { namespace: '', creationTimestampMs: 0 }, checkRegex: () => undefined };
const source = kubernetesSource({
  api,
  kinds: Object.values(kinds),
  read: (value) => {
    const result = parseObject(value, options);
    if (result.kind === 'object') return result.object;
    throw new Error(JSON.stringify(result));
  },
  clock: systemClock,
  random: Math.random,
  onError: (_, error) => print(error.message),
  onFault: (_, cause) => {
    throw cause;
  },
});
const startMs = performance.now();
const startCpu = process.cpuUsage();
await source.start({
  apply: (object) => {
    applied += 1;
    catalog.apply(object);
  },
  delete: (key) => void catalog.delete(key),
  reset: (objects) => void catalog.reset(objects),
});
const syncCpu = process.cpuUsage(startCpu);
const cpuMs = Math.round((syncCpu.user + syncCpu.system) / 1000);
print(`synced ${catalog.size} objects in ${Math.round(performance.now() - startMs)} ms, ${cpuMs} ms of processor time`);
print(`resident: ${mib(process.memoryUsage.rss())}, peak ${mib(process.resourceUsage().maxRSS * 1024)}`);

server.send({ podsPerSecond: changesPerSecond });
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, followSeconds * 1000));
const { user, system } = process.cpuUsage(before);
const share = (user + system) / (followSeconds * 1e6);
print(`followed ${Math.round(applied / followSeconds)} changes a second with ${(share * 100).toFixed(1)} % of a core`);
print(`resident: ${mib(process.memoryUsage.rss())}, peak ${mib(process.resourceUsage().maxRSS * 1024)}`);
await source.close();
api.close();
server.disconnect();
