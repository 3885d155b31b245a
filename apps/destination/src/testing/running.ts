/** A destination process for tests, in this process, on real sockets: with its folder of manifests and its identity. */
import type { Target } from '@heddle/admission/testing';
import { GrpcClient, type GrpcSecurity, type GrpcServer } from '@heddle/api';
import { systemClock } from '@heddle/runtime';
import { createLogger } from '@heddle/telemetry';
import { type CertificateMill, createCertificateMill, eventually, TemporaryDirectory } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { readConfig } from '../config.ts';
import { type RunningDestination, startDestination } from '../run.ts';
import { fakeIdentityName, startFakeIdentity } from './fake-identity.ts';

export const ownName = 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local';

const webhookName = 'linkerd-policy-validator.linkerd.svc';

export const identityOf = (account: string, namespace = 'shop'): string =>
  `${account}.${namespace}.serviceaccount.identity.linkerd.cluster.local`;

export class TestDestination implements AsyncDisposable {
  readonly mill: CertificateMill;
  readonly logLines: Readonly<Record<string, unknown>>[] = [];
  readonly #directory: TemporaryDirectory;
  readonly #identity: GrpcServer;
  readonly #clients: GrpcClient[] = [];
  #ports = { destination: 0, policy: 0 };
  #running: RunningDestination | undefined;

  private constructor(mill: CertificateMill, directory: TemporaryDirectory, identity: GrpcServer) {
    this.mill = mill;
    this.#directory = directory;
    this.#identity = identity;
  }

  /** Starts with the manifests given, file name to objects, and waits until it serves. */
  static async start(
    manifests: Readonly<Record<string, readonly unknown[]>>,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<TestDestination> {
    const mill = createCertificateMill();
    const directory = await TemporaryDirectory.create();
    const destination = new TestDestination(mill, directory, await startFakeIdentity(mill));
    for (const [name, objects] of Object.entries(manifests)) await destination.write(name, objects);
    await destination.restart(environment);
    return destination;
  }

  /** The webhook, as its clients see it. */
  get webhook(): Target {
    return { port: this.#running?.webhookPort ?? 0, ca: this.mill.trustAnchorsPem, serverName: webhookName };
  }

  get adminPort(): number {
    return this.#running?.adminPort ?? 0;
  }

  /** Writes a file of manifests. */
  async write(name: string, objects: readonly unknown[] | string): Promise<void> {
    const text =
      typeof objects === 'string' ? objects : objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await this.#directory.write(name, text);
  }

  /** Starts, or starts again on the ports it had. */
  async restart(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { chainPem, keyPem } = this.mill.leaf(webhookName);
    await this.#directory.write('tls.crt', chainPem);
    await this.#directory.write('tls.key', keyPem);
    const anchors = await this.#directory.write('anchors.pem', this.mill.trustAnchorsPem);
    const config = readConfig({
      HEDDLE_DESTINATION_LISTEN: `127.0.0.1:${this.#ports.destination}`,
      HEDDLE_POLICY_LISTEN: `127.0.0.1:${this.#ports.policy}`,
      HEDDLE_ADMIN_LISTEN: '127.0.0.1:0',
      HEDDLE_RESOURCE_DIRS: this.#directory.path,
      HEDDLE_IDENTITY_SVC_ADDR: `127.0.0.1:${this.#identity.port}`,
      HEDDLE_IDENTITY_SVC_NAME: fakeIdentityName,
      HEDDLE_IDENTITY_LOCAL_NAME: ownName,
      HEDDLE_IDENTITY_TOKEN_FILE: await this.#directory.write('token', 'a token'),
      HEDDLE_TRUST_ANCHORS_FILE: anchors,
      HEDDLE_WEBHOOK_LISTEN: '127.0.0.1:0',
      HEDDLE_WEBHOOK_TLS_DIR: this.#directory.path,
      ...environment,
    });
    const write = (line: string): void => void this.logLines.push(JSON.parse(line) as Record<string, unknown>);
    this.#running = await startDestination(config, {
      clock: systemClock,
      log: createLogger({ name: 'destination', level: 'debug', write }),
      random: Math.random,
      onFault: (task, cause) => {
        throw new Error(`task ${task} ended`, { cause });
      },
    });
    this.#ports = { destination: this.#running.destinationPort, policy: this.#running.policyPort };
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${this.adminPort}/ready`);
      if (response.status !== 200) throw new Error(await response.text());
    });
  }

  async stop(): Promise<void> {
    await this.#running?.close(0);
    this.#running = undefined;
  }

  /** A client of one of the APIs; by default with the identity of ServiceAccount `web` in `shop`. */
  client(api: 'destination' | 'policy', security: GrpcSecurity = this.mesh(identityOf('web'))): GrpcClient {
    const address = `127.0.0.1:${this.#ports[api]}`;
    const client = new GrpcClient({ address, security, clock: systemClock, reconnect: { minMs: 10, maxMs: 100 } });
    this.#clients.push(client);
    return client;
  }

  /** Mesh TLS with a certificate for `identity`, of this mesh or of another. */
  mesh(identity: string, mill: CertificateMill = this.mill): GrpcSecurity {
    const credentials = new CredentialCell(this.mill.trustAnchors, mill.leaf(identity));
    return { kind: 'mesh', credentials, serverName: ownName };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.stop();
    await this.#identity.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}
