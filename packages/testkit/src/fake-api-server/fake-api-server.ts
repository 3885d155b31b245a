/**
 * An API server for tests: real sockets on loopback, objects in memory, lists in pages, watches, writes; and, on demand,
 * everything that goes wrong with a real one. Whatever happened to a client, what it knows must in the end equal `list`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Failure, sendFailure, sendJson } from './answers.ts';
import { type Answer, Collections, type Target } from './collections.ts';
import { servePortForward } from './port-forward.ts';
import { apiVersionOf, type FakeKind, type FakeManifest, type FakeObject, FakeStore } from './store.ts';
import { type Delivery, WatchStream } from './watch-stream.ts';

export interface FakeApiServerOptions {
  readonly kinds: readonly FakeKind[];
  /** PEM; absent: cleartext. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientAuthority?: string };
}

/** What a request is for. `page`: a list's second page or a later one. */
export type Operation = 'list' | 'page' | 'watch' | 'get' | 'write';

/** Instead of an answer: a status, a connection that breaks, or silence. */
export type Fault = { readonly on: Operation; readonly answer: Failure | 'drop' | 'hang' };

export interface SeenRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
}

export class FakeApiServer implements AsyncDisposable {
  readonly store = new FakeStore();
  /** Every request so far. */
  readonly requests: SeenRequest[] = [];
  /** How events are sent from now on. */
  delivery: Delivery = {};
  /** Refuses requests without this bearer token; undefined: asks for none. */
  token: string | undefined;
  /** Ports of pods, `namespace/pod:port`, as ports of 127.0.0.1. */
  readonly podPorts = new Map<string, number>();
  /** What is answered at paths that are no objects', such as `/version`. */
  readonly documents = new Map<string, unknown>();
  readonly #kinds: Set<FakeKind>;
  readonly #collections = new Collections(this.store);
  readonly #watches = new Set<WatchStream>();
  readonly #server: Server;
  #faults: Fault[] = [];

  private constructor(options: FakeApiServerOptions) {
    this.#kinds = new Set(options.kinds);
    const { tls } = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response);
    this.#server = tls
      ? createTlsServer(
          {
            cert: tls.certificate,
            key: tls.key,
            ...(tls.clientAuthority && { ca: tls.clientAuthority, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        )
      : createServer(listener);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      servePortForward(request, socket, (namespace, pod, port) => this.podPorts.get(`${namespace}/${pod}:${port}`));
    });
    this.store.onEvent((event) => {
      for (const watch of this.#watches) if (watch.kind === event.kind) watch.send(event);
    });
  }

  static async start(options: FakeApiServerOptions): Promise<FakeApiServer> {
    const server = new FakeApiServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http${'setSecureContext' in this.#server ? 's' : ''}://127.0.0.1:${port}`;
  }

  /** A kubeconfig for this server, without credentials. JSON is YAML. */
  get kubeconfig(): string {
    return JSON.stringify({
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: this.url } }],
    });
  }

  /** Creates or replaces objects of a kind. */
  put(kind: FakeKind, ...manifests: readonly FakeManifest[]): void {
    for (const manifest of manifests) this.store.put(kind, manifest);
  }

  delete(kind: FakeKind, namespace: string, name: string): void {
    this.store.delete(kind, namespace, name);
  }

  list(kind: FakeKind): readonly FakeObject[] {
    return this.#kinds.has(kind) ? this.store.list(kind) : [];
  }

  /** Like creating a custom resource definition. */
  install(kind: FakeKind): void {
    this.#kinds.add(kind);
  }

  /** Like removing one: its objects go with it, and its watches end. */
  uninstall(kind: FakeKind): void {
    this.#kinds.delete(kind);
    for (const { metadata } of this.store.list(kind)) this.store.delete(kind, metadata.namespace ?? '', metadata.name);
    for (const watch of this.#watches) if (watch.kind === kind) watch.end();
  }

  /** The next request of each fault's operation meets it. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Takes back all faults that were not met. */
  heal(): void {
    this.#faults = [];
    this.delivery = {};
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Connections of clients, idle ones included. */
  openConnections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  /** Does something to every open watch. */
  watches(act: (watch: WatchStream) => void): void {
    for (const watch of this.#watches) act(watch);
  }

  sendBookmarks(): void {
    this.watches((watch) => watch.bookmark(this.store.version));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://fake');
    const method = request.method ?? 'GET';
    const target = this.#targetOf(pathname);
    const operation = operationOf(method, target, query);
    const authorization = request.headers.authorization ?? '';
    this.requests.push({ operation, method, path: pathname, query, authorization });
    const body = await bodyOf(request);
    const fault = this.#faults.findIndex(({ on }) => on === operation);
    if (fault !== -1) return misbehave(response, this.#faults.splice(fault, 1)[0]?.answer);
    if (this.token !== undefined && authorization !== `Bearer ${this.token}`) {
      return sendFailure(response, { status: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    }
    const document = this.documents.get(pathname) ?? discoveryOf(pathname, [...this.#kinds]);
    if (document !== undefined) return sendJson(response, 200, document);
    if (target === undefined)
      return sendFailure(response, { status: 404, reason: 'NotFound', message: 'no such path' });
    if (operation === 'watch') return this.#watch(target, query, response);
    const answer = this.#answer(operation, method, target, query, body);
    if ('failure' in answer) sendFailure(response, answer.failure);
    else sendJson(response, answer.status, answer.body);
  }

  #answer(operation: Operation, method: string, target: Target, query: URLSearchParams, body: unknown): Answer {
    if (operation === 'get') return this.#collections.get(target);
    if (operation === 'list' || operation === 'page') {
      return this.#collections.list(target, Number(query.get('limit') ?? 0), query.get('continue') ?? '');
    }
    switch (method) {
      case 'POST':
        return this.#collections.create(target, body);
      case 'PUT':
        return this.#collections.replace(target, body);
      case 'PATCH':
        return this.#collections.patch(target, body);
      default:
        return this.#collections.delete(target);
    }
  }

  #watch({ kind, namespace }: Target, query: URLSearchParams, response: ServerResponse): void {
    const watch = new WatchStream(kind, namespace, response, () => this.delivery);
    const missed = this.store.eventsAfter(kind, Number(query.get('resourceVersion') ?? 0));
    if (missed === undefined) return watch.expire();
    for (const event of missed) watch.send(event);
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  /** `/api/v1[/namespaces/NAMESPACE]/PLURAL[/NAME[/SUBRESOURCE]]`, and the same under `/apis/GROUP/VERSION`. */
  #targetOf(pathname: string): Target | undefined {
    const [root, ...rest] = pathname.split('/').slice(1).map(decodeURIComponent);
    const apiVersion = root === 'api' ? rest[0] : rest.slice(0, 2).join('/');
    const parts = rest.slice(root === 'api' ? 1 : 2);
    const namespace = parts[0] === 'namespaces' && parts.length > 2 ? (parts[1] ?? '') : '';
    const [plural, name = '', subresource = ''] = namespace === '' ? parts : parts.slice(2);
    const kind = [...this.#kinds].find((each) => each.plural === plural && apiVersionOf(each) === apiVersion);
    return kind && { kind, namespace, name, subresource };
  }
}

/** `/apis/GROUP` and `/apis/GROUP/VERSION`, as clients ask for them that look what is served. */
const discoveryOf = (pathname: string, kinds: readonly FakeKind[]): unknown => {
  const [, root, group, version, ...rest] = pathname.split('/');
  const ofGroup = kinds.filter((kind) => kind.group === group);
  if (root !== 'apis' || ofGroup.length === 0 || rest.length > 0) return undefined;
  if (version === undefined) {
    const versions = [...new Set(ofGroup.map((kind) => kind.version))];
    return {
      kind: 'APIGroup',
      name: group,
      versions: versions.map((each) => ({ groupVersion: `${group}/${each}`, version: each })),
    };
  }
  const served = ofGroup.filter((kind) => kind.version === version);
  if (served.length === 0) return undefined;
  const resources = served.map(({ plural, kind }) => ({ name: plural, kind, namespaced: true }));
  return { kind: 'APIResourceList', groupVersion: `${group}/${version}`, resources };
};

const operationOf = (method: string, target: Target | undefined, query: URLSearchParams): Operation => {
  if (method !== 'GET') return 'write';
  if (target !== undefined && target.name !== '') return 'get';
  if (query.get('watch') === 'true') return 'watch';
  return query.has('continue') ? 'page' : 'list';
};

const misbehave = (response: ServerResponse, answer: Fault['answer'] | undefined): void => {
  if (answer === 'hang') return;
  if (answer === undefined || answer === 'drop') response.destroy();
  else sendFailure(response, answer);
};

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text === '' ? undefined : JSON.parse(text);
};
