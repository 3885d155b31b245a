/**
 * A small mesh to be attacked: the real authors application behind its policy, and beside it `target`, an application of
 * these tests. Both tell what reaches them, so that a test can say what did not.
 */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, RawClient } from '@heddle/testkit';
import { encodeTransportHeader } from '@heddle/wire/transport-header';
import { LocalMesh } from './local-mesh.ts';
import { type Credentials, credentialsFor, tlsTo } from './mesh-client.ts';
import { costOf, type ProcessCost } from './process-cost.ts';

const here = import.meta.dirname;
const port = { authors: 7001, detect: 8001, http: 8002 } as const;
const books = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';

const localMesh = {
  apiVersion: 'local.heddle.dev/v1alpha1',
  kind: 'LocalMesh',
  metadata: { name: 'hostile' },
  spec: {
    manifests: 'k8s',
    workloads: [
      {
        name: 'authors',
        namespace: 'booksapp',
        command: ['node', '--import', join(here, 'tell-requests.ts'), 'src/main.ts', 'authors'],
        listen: { http: 'LISTEN' },
      },
      {
        name: 'target',
        namespace: 'booksapp',
        command: ['node', join(here, 'target-app.ts')],
        listen: { detect: 'DETECT_LISTEN', http: 'HTTP_LISTEN' },
      },
    ],
    checks: [],
  },
};

export class HostileMesh {
  readonly mesh: LocalMesh;
  /** Of books, which the policies let in. */
  readonly books: Credentials;

  private constructor(mesh: LocalMesh) {
    this.mesh = mesh;
    this.books = credentialsFor(mesh.state.trustAnchorsFile, books);
  }

  static async start(): Promise<HostileMesh> {
    const mesh = await LocalMesh.start('booksapp', (dir) => {
      for (const name of ['books', 'webapp', 'traffic']) rmSync(join(dir, `k8s/${name}.yaml`));
      for (const name of ['books', 'webapp']) rmSync(join(dir, `k8s/${name}-policy.yaml`));
      cpSync(join(here, 'target.yaml'), join(dir, 'k8s/target.yaml'));
      writeFileSync(join(dir, 'heddle.local.yaml'), JSON.stringify(localMesh));
    });
    return new HostileMesh(mesh);
  }

  stop(): Promise<void> {
    return this.mesh.stop();
  }

  address(workload: 'authors' | 'target'): string {
    return this.mesh.workload(workload).address;
  }

  /** Credentials under the mesh's own issuer, for any name. */
  credentials(identity: string): Credentials {
    return credentialsFor(this.mesh.state.trustAnchorsFile, identity);
  }

  /** A TCP connection to a port of the workload, as somebody without a mesh opens it. */
  plain(to: keyof typeof port): Promise<RawClient> {
    return RawClient.connect(port[to], { host: this.#hostOf(to), timeoutMs: 20_000 });
  }

  /** As books' proxy comes: mutual TLS to the inbound port, then the transport header. The rest is the test's. */
  async fromBooks(to: keyof typeof port, sessionProtocol: 'http1' | 'http2' | undefined): Promise<RawClient> {
    const client = await this.toInboundPort(to, this.books);
    await client.send(encodeTransportHeader({ port: port[to], name: undefined, sessionProtocol }));
    return client;
  }

  /** Mutual TLS to the inbound port, with nothing sent in it yet. Rejects when the handshake is refused. */
  toInboundPort(to: keyof typeof port, credentials: Credentials): Promise<RawClient> {
    const { address, inboundPort, identity } = this.mesh.workload(to === 'authors' ? 'authors' : 'target');
    return tlsTo({ host: address, port: inboundPort, serverName: identity, credentials, alpn: 'transport.l5d.io/v1' });
  }

  /** A request that policy allows, on a connection of its own; throws unless it is answered with 200. */
  async serves(to: 'authors' | 'http' = 'authors', target = '/authors/1'): Promise<void> {
    await using client = await this.fromBooks(to, 'http1');
    await client.send(`GET ${target} HTTP/1.1\r\nhost: ${to}.booksapp\r\nconnection: close\r\n\r\n`);
    const answer = (await client.untilEnd()).toString('latin1');
    if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`${to} answered ${JSON.stringify(answer.slice(0, 300))}`);
  }

  /** Lines that the application printed: one per request it saw, or per connection; health probes left out. */
  seen(application: 'authors' | 'target'): string[] {
    return this.mesh
      .log(application)
      .split('\n')
      .filter((line) => line.startsWith('saw ') && line !== 'saw GET /healthz');
  }

  /** Everything the application saw up to a request of ours that it must answer; the request itself not included. */
  async seenBefore(target: string): Promise<string[]> {
    await this.serves('authors', target);
    return eventually(() => {
      const seen = this.seen('authors');
      const at = seen.indexOf(`saw GET ${target}`);
      if (at < 0) throw new Error(`the application did not see ${target}`);
      return seen.slice(0, at);
    });
  }

  /** What the proxy of a workload costs now; its process id says that it is still the same process. */
  cost(workload: 'authors' | 'target'): ProcessCost {
    const pid = this.mesh.state.pids[`proxy-${workload}`];
    if (pid === undefined) throw new Error(`the proxy of ${workload} does not run`);
    return costOf(pid);
  }

  #hostOf(to: keyof typeof port): string {
    return this.address(to === 'authors' ? 'authors' : 'target');
  }
}

/**
 * Runs an attack on a workload's proxy, then shows that the rest is as before: the same process, a request answered,
 * every descriptor given back, no more memory than `withinMb` taken.
 */
export const survives = async (
  mesh: HostileMesh,
  workload: 'authors' | 'target',
  attack: () => Promise<void>,
  withinMb = 96,
): Promise<void> => {
  const before = mesh.cost(workload);
  await attack();
  await (workload === 'authors' ? mesh.serves() : mesh.serves('http', '/small'));
  await eventually(() => {
    const { pid, descriptors, residentMb } = mesh.cost(workload);
    if (pid !== before.pid) throw new Error(`the proxy of ${workload} was started anew`);
    if (descriptors > before.descriptors + spareDescriptors) {
      throw new Error(
        `the proxy of ${workload} holds ${descriptors} descriptors; before it were ${before.descriptors}`,
      );
    }
    if (residentMb > before.residentMb + withinMb) {
      throw new Error(`the proxy of ${workload} takes ${residentMb} MB; before it were ${before.residentMb}`);
    }
  });
};

/** Connections to the application that wait for the next request. */
const spareDescriptors = 8;
