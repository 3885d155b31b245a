/** What the socket tests of this folder share: one target with one policy, its servers, and what is cleaned up after. */
import type { Endpoint, OutboundPolicy } from '@heddle/catalog';
import { identityOf } from '@heddle/policy/testing';
import { RawClient } from '@heddle/testkit';
import { FakeControlPlane } from '../../testing/fake-control-plane.ts';
import { type FakeServer, type FakeServerOptions, startFakeServer } from './fake-server.ts';
import { type OutboundOptions, type OutboundUnderTest, startOutbound } from './outbound-under-test.ts';
import { endpoint, meshed, servicePolicy } from './policies.ts';

export const target = '10.96.0.12:80';
export const path = 'authors.shop.svc.cluster.local:80';
export const serverIdentity = identityOf('authors');

/** Where a test waits for waiting to end. */
export const soonFailfast = { config: { failfastMs: 300 } };

export class Scene {
  readonly plane = new FakeControlPlane();
  readonly #disposals: (() => unknown)[] = [];

  /** Runs after the test, last first. */
  defer(dispose: () => unknown): void {
    this.#disposals.push(dispose);
  }

  async begin(): Promise<void> {
    await this.plane.start();
    this.plane.profiles.of(target).set({ isOpaque: false });
    this.plane.outbound.of(target).set(servicePolicy(path));
  }

  async end(): Promise<void> {
    for (const dispose of this.#disposals.splice(0).toReversed()) await dispose();
    await this.plane.stop();
  }

  setPolicy(policy: OutboundPolicy): void {
    this.plane.outbound.of(target).set(policy);
  }

  setEndpoints(...endpoints: readonly Endpoint[]): void {
    const labels = { service: 'authors', namespace: 'shop' };
    this.plane.endpoints.of(path).set({ kind: 'add', labels, endpoints });
  }

  async server(options: FakeServerOptions): Promise<FakeServer> {
    const server = await startFakeServer(options);
    this.defer(() => server.close());
    return server;
  }

  /** A server behind a proxy of the mesh. */
  meshServer(options: Omit<FakeServerOptions, 'mesh'>, identity = serverIdentity): Promise<FakeServer> {
    return this.server({ ...options, mesh: { mill: this.plane.mill, identity } });
  }

  async outbound(options: Partial<OutboundOptions> = {}): Promise<OutboundUnderTest> {
    const outbound = await startOutbound({ plane: this.plane, targets: [target], ...options });
    this.defer(() => outbound.close());
    return outbound;
  }

  /** The application, connected to what it takes for the target. */
  async client(outbound: OutboundUnderTest, to = target): Promise<RawClient> {
    const client = await RawClient.connect(outbound.portOf(to));
    this.defer(() => client[Symbol.asyncDispose]());
    return client;
  }

  /** Sends one HTTP/1 request and resolves with everything that is answered on a connection that ends after it. */
  async exchange(outbound: OutboundUnderTest, lines: readonly string[], to = target): Promise<string> {
    const client = await this.client(outbound, to);
    await client.send(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n`);
    const answer = await client.untilEnd();
    client.socket.destroy();
    return answer.toString('latin1');
  }

  async get(outbound: OutboundUnderTest, url = '/', more: readonly string[] = []): Promise<string> {
    return this.exchange(outbound, [`GET ${url} HTTP/1.1`, 'host: authors', ...more]);
  }
}

/** How an endpoint behind a proxy is announced: its application's port, and the server's as the proxy's. */
export const behindProxy = (server: FakeServer, more: Partial<Endpoint> = {}, identity = serverIdentity): Endpoint =>
  meshed('127.0.0.1:8080', identity, server.port, more);

export const inClear = (server: FakeServer): Endpoint => endpoint(`127.0.0.1:${server.port}`);
