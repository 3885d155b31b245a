/** The whole process in this one, with files and a folder of manifests of its own. */
import type { Target } from '@heddle/admission/testing';
import type { ResourcesConfig } from '@heddle/k8s';
import { systemClock } from '@heddle/runtime';
import { createLogger } from '@heddle/telemetry';
import { createCertificateMill, type MilledLeaf, TemporaryDirectory } from '@heddle/testkit';
import { type RunningInjector, startInjector } from '../run.ts';

export interface InjectorUnderTest extends AsyncDisposable {
  readonly running: RunningInjector;
  readonly dir: TemporaryDirectory;
  readonly target: Target;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** A certificate for the webhook's name, not in use yet. */
  leaf(): MilledLeaf;
  writeCertificate(leaf: MilledLeaf): Promise<void>;
}

const serverName = 'linkerd-proxy-injector.linkerd.svc';

const namespaces = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, annotations: { linkerd.io/inject: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: plain }
---
apiVersion: batch/v1
kind: Job
metadata:
  name: report-28000000
  namespace: shop
  ownerReferences: [{ apiVersion: batch/v1, kind: CronJob, name: report, uid: u, controller: true }]
spec: { template: { spec: { containers: [{ name: report, image: report }] } } }
`;

/**
 * @param values the text of the values file
 * @param kubeconfig of the cluster that stands in for the folder
 */
export const startInjectorUnderTest = async (values = '', kubeconfig?: string): Promise<InjectorUnderTest> => {
  const dir = await TemporaryDirectory.create();
  const manifests = await TemporaryDirectory.create();
  const mill = createCertificateMill();
  const lines: Record<string, unknown>[] = [];
  await manifests.write('namespaces.yaml', namespaces);
  await dir.write('values.yaml', values);
  await dir.write('ca.crt', mill.trustAnchorsPem);
  const resources: ResourcesConfig =
    kubeconfig === undefined
      ? { kind: 'folders', folders: [manifests.path] }
      : { kind: 'kubernetes', access: { kind: 'kubeconfig', file: await dir.write('kubeconfig', kubeconfig) } };
  const running = await startInjector(
    {
      listen: { host: '127.0.0.1', port: 0 },
      adminListen: { host: '127.0.0.1', port: 0 },
      certificateDir: dir.path,
      valuesFile: dir.file('values.yaml'),
      trustAnchorsFile: dir.file('ca.crt'),
      controlPlaneNamespace: 'linkerd',
      resources,
      scrapeNetworks: [],
      logLevel: 'debug',
    },
    {
      clock: systemClock,
      log: createLogger({
        name: 'injector',
        level: 'debug',
        write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
      }),
      random: Math.random,
      onFault: (task, cause) => {
        throw new Error(task, { cause });
      },
    },
  );
  return {
    running,
    dir,
    lines,
    target: { port: running.port, ca: mill.trustAnchorsPem, serverName },
    leaf: () => mill.leaf(serverName),
    writeCertificate: async ({ chainPem, keyPem }) => {
      await dir.write('tls.crt', chainPem);
      await dir.write('tls.key', keyPem);
    },
    [Symbol.asyncDispose]: async () => {
      await running.close(1000);
      await dir[Symbol.asyncDispose]();
      await manifests[Symbol.asyncDispose]();
    },
  };
};
