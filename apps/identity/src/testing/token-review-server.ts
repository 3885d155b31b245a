/** An API server that knows one thing: whose a token is. A real socket, and answers in the test's hands. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenReview {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A body and its status, or silence. Text is sent as it is, anything else as JSON. */
export type ReviewAnswer = { readonly body: unknown; readonly status?: number } | 'hang';

export class TokenReviewServer implements AsyncDisposable {
  readonly seen: SeenReview[] = [];
  answer: ReviewAnswer = 'hang';
  readonly #server: Server;
  readonly #held: ServerResponse[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<TokenReviewServer> {
    const server = new TokenReviewServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** Without credentials. JSON is YAML. */
  get kubeconfig(): string {
    return JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test' } }],
      clusters: [{ name: 'test', cluster: { server: this.url.href } }],
    });
  }

  /** Answers what was met with silence so far. */
  release(): void {
    for (const response of this.#held.splice(0)) this.#send(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    this.seen.push({ method: request.method ?? '', path: request.url ?? '', body: JSON.parse(text) });
    if (this.answer === 'hang') this.#held.push(response);
    else this.#send(response);
  }

  #send(response: ServerResponse): void {
    if (this.answer === 'hang') return;
    const { body, status = 201 } = this.answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

/** What an API server says of a good token, with `status` as the test has it. */
export const reviewWith = (status: object): ReviewAnswer => ({
  body: {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: {},
    spec: {},
    status: {
      authenticated: true,
      audiences: ['identity.l5d.io'],
      user: {
        username: 'system:serviceaccount:shop:web',
        uid: 'u',
        groups: ['system:serviceaccounts'],
        extra: { 'authentication.kubernetes.io/pod-name': ['web-0'] },
      },
      ...status,
    },
  },
});
