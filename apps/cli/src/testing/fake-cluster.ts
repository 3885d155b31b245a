/** A cluster for commands: the fake API server with the kinds they read, and a kubeconfig that leads there. */

import { meshKinds, type ResourceKind } from '@heddle/k8s';
import { readYamlDocuments } from '@heddle/manifests';
import { FakeApiServer, type FakeManifest, TemporaryDirectory } from '@heddle/testkit';
import { kinds } from '../cluster/kinds.ts';
import { type CommandResult, runCommand } from './command.ts';

const served: readonly ResourceKind[] = [
  ...meshKinds,
  ...Object.values(kinds).filter((kind) => !meshKinds.includes(kind)),
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
].filter(
  (kind, index, all) => all.findIndex((each) => each.plural === kind.plural && each.group === kind.group) === index,
);

export class FakeCluster implements AsyncDisposable {
  readonly server: FakeApiServer;
  readonly directory: TemporaryDirectory;
  readonly #kubeconfig: string;

  private constructor(server: FakeApiServer, directory: TemporaryDirectory, kubeconfig: string) {
    this.server = server;
    this.directory = directory;
    this.#kubeconfig = kubeconfig;
  }

  static async start(): Promise<FakeCluster> {
    const server = await FakeApiServer.start({ kinds: served });
    const directory = await TemporaryDirectory.create();
    server.documents.set('/version', { gitVersion: 'v1.34.1' });
    return new FakeCluster(server, directory, await directory.write('kubeconfig', server.kubeconfig));
  }

  /** Objects by their apiVersion and kind; a version that is not the one commands read is stored as that one. */
  put(...objects: readonly unknown[]): void {
    for (const object of objects) {
      const { apiVersion = '', kind: name } = object as { readonly apiVersion?: string; readonly kind?: string };
      const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
      const kind = served.find((each) => each.kind === name && each.group === group);
      if (kind === undefined) throw new Error(`${apiVersion} ${name} is not served`);
      const { metadata, ...rest } = object as FakeManifest;
      const isClusterScoped = kind.isClusterScoped === true;
      this.server.put(kind, {
        ...rest,
        metadata: { ...metadata, ...(isClusterScoped ? {} : { namespace: metadata.namespace ?? 'default' }) },
      });
    }
  }

  putYaml(text: string): void {
    this.put(...readYamlDocuments(text).documents.map(({ value }) => value));
  }

  /** Values of an install, as YAML. */
  putInstall(values = 'clusterDomain: cluster.local\n', trustRootsPem = ''): void {
    this.put(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'linkerd' } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'linkerd-config', namespace: 'linkerd' },
        data: { values },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'linkerd-identity-trust-roots', namespace: 'linkerd' },
        data: { 'ca-bundle.crt': trustRootsPem },
      },
    );
  }

  /** Runs a command against this cluster. */
  run(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(...args, '--kubeconfig', this.#kubeconfig);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}

/** A pod as the API server holds one, with a proxy unless `isMeshed` is false. */
export const livePod = (
  name: string,
  {
    namespace = 'shop',
    labels = {},
    annotations = {},
    isMeshed = true,
    containers = [{ name: 'app', ports: [{ containerPort: 8080 }] }],
    spec = {},
  }: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly isMeshed?: boolean;
    readonly containers?: readonly unknown[];
    readonly spec?: Readonly<Record<string, unknown>>;
  } = {},
): FakeManifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace,
    labels: { ...(isMeshed && { 'linkerd.io/control-plane-ns': 'linkerd' }), ...labels },
    annotations: { ...(isMeshed && { 'linkerd.io/proxy-version': '0.0.0-source' }), ...annotations },
  },
  spec: {
    serviceAccountName: 'web',
    containers: [...containers],
    ...(isMeshed && { initContainers: [{ name: 'linkerd-proxy', restartPolicy: 'Always' }] }),
    ...spec,
  },
  status: {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    ...(isMeshed && { initContainerStatuses: [{ name: 'linkerd-proxy', ready: true }] }),
  },
});
