/**
 * Requests to an API server: JSON in and out, errors with the API's own message, strict TLS, HTTP/1.1 on connections of
 * its own. Not for typed calls, and not for programs that fetch credentials: servers need neither.
 */
import {
  Agent as CleartextAgent,
  type ClientRequest,
  request as cleartextRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '@heddle/runtime';
import type { ClusterConnection } from '../connection/connection.ts';
import { type Material, MaterialReader } from '../connection/material.ts';
import { ApiError, apiErrorFrom, noAnswer } from './api-error.ts';

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Percent-encoded, such as `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; `application/json` by default. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A connection that speaks something else from here on. */
export interface Upgraded {
  readonly socket: Duplex;
  /** What came with the answer. */
  readonly head: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface KubernetesApiOptions {
  readonly connection: ClusterConnection;
  readonly clock: Clock;
  /** For a whole answer, and for the head of a stream. 30 s by default. */
  readonly timeoutMs?: number;
  /** Connections that nobody uses are closed after this time. A server closes them after 90 s, on whom it may. */
  readonly idleConnectionMs?: number;
}

/** One page of a list is far below this. */
const maxBodyBytes = 64 * 1024 * 1024;
/** A dead peer is noticed on an idle connection. */
const keepAliveMs = 30_000;

export class KubernetesApi {
  /** Of the pod or of the kubeconfig's context. */
  readonly namespace: string;
  readonly #connection: ClusterConnection;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #idleConnectionMs: number;
  readonly #material: MaterialReader;
  #agent: CleartextAgent | undefined;
  #agentMaterial: Material | undefined;

  constructor({ connection, clock, timeoutMs = 30_000, idleConnectionMs = 60_000 }: KubernetesApiOptions) {
    this.namespace = connection.namespace;
    this.#connection = connection;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#idleConnectionMs = idleConnectionMs;
    this.#material = new MaterialReader(connection, clock);
  }

  /** The parsed answer. @throws {ApiError} */
  call(request: ApiRequest): Promise<unknown> {
    return this.#withTimeout(request, async (signal) => {
      const response = await this.#open(request, signal);
      const body = await this.#bodyOf(request, response);
      return parseJson(request, body);
    });
  }

  /**
   * The bytes of an answer that goes on and on. It ends when the server ends it, and fails with Node's error when it
   * breaks; the caller destroys it, or aborts the signal. @throws {ApiError} when it does not begin
   */
  stream(request: ApiRequest): Promise<Readable> {
    return this.#withTimeout(request, async (timeout) => {
      const response = await this.#open(request, timeout);
      const abort = (): void => void response.destroy();
      request.signal?.addEventListener('abort', abort, { once: true });
      response.once('close', () => request.signal?.removeEventListener('abort', abort));
      return response;
    });
  }

  /**
   * Changes the connection to another protocol (101 Switching Protocols); whatever follows is the caller's, who destroys
   * the socket. @throws {ApiError} when the server does not
   */
  upgrade(request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Upgraded> {
    return this.#withTimeout(request, async (signal) => {
      const material = await this.#material.read();
      const sent = this.#start(request, material, headers);
      const upgraded = new Promise<Upgraded>((resolve) => {
        sent.once('upgrade', (response, socket, head) => resolve({ socket, head, headers: response.headers }));
      });
      const answer = await Promise.race([upgraded, finished(sent, undefined, signal)]);
      if ('head' in answer) return answer;
      const body = (await this.#bodyOf(request, answer)).toString('utf8');
      throw apiErrorFrom(nameOf(request), { status: answer.statusCode ?? noAnswer, body });
    });
  }

  /** Breaks off whatever is under way. */
  close(): void {
    this.#agent?.destroy();
  }

  async #withTimeout<T>(request: ApiRequest, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const relay = (): void => abort.abort(new ApiError(`${nameOf(request)}: aborted`, { status: noAnswer }));
    if (request.signal?.aborted === true) relay();
    request.signal?.addEventListener('abort', relay, { once: true });
    const timer = this.#clock.after(this.#timeoutMs, () => {
      this.#dropIdleConnections();
      const message = `${nameOf(request)}: no answer within ${this.#timeoutMs} ms`;
      abort.abort(new ApiError(message, { status: noAnswer }));
    });
    try {
      abort.signal.throwIfAborted();
      return await run(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw brokenOff(request, error);
    } finally {
      timer.cancel();
      request.signal?.removeEventListener('abort', relay);
    }
  }

  /** Sends, and gives the answer once its head says success. */
  async #open(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const material = await this.#material.read();
    let response = await this.#send(request, material, signal);
    if (response.statusCode === 401) {
      // Whoever was not recognised has done nothing yet, so with another token the request may be made again.
      this.#material.expire();
      const fresh = await this.#material.read();
      if (fresh !== material) {
        response.resume();
        response = await this.#send(request, fresh, signal);
      }
    }
    const status = response.statusCode ?? noAnswer;
    if (status >= 200 && status < 300) return response;
    const body = (await this.#bodyOf(request, response)).toString('utf8');
    throw apiErrorFrom(nameOf(request), { status, retryAfter: response.headers['retry-after'], body });
  }

  #send(request: ApiRequest, material: Material, signal: AbortSignal): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return finished(this.#start(request, material, {}, body), body, signal);
  }

  /** The request, its head written and its body not. */
  #start(
    request: ApiRequest,
    material: Material,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): ClientRequest {
    const { server, tlsServerName } = this.#connection;
    const options: RequestOptions & { servername?: string } = {
      method: request.method ?? 'GET',
      hostname: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port || (server.protocol === 'https:' ? 443 : 80),
      path: server.pathname.replace(/\/$/, '') + request.path + queryText(request.query),
      agent: this.#agentFor(material),
      headers: {
        accept: 'application/json',
        'user-agent': 'heddle',
        ...(material.token !== undefined && { authorization: `Bearer ${material.token}` }),
        ...(body !== undefined && {
          'content-type': request.contentType ?? 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
        ...headers,
      },
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
    };
    const send = server.protocol === 'https:' ? tlsRequest : cleartextRequest;
    return send(options);
  }

  /** The server may have moved, and the connections that are open lead nowhere then: the next request makes its own. */
  #dropIdleConnections(): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {})) sockets?.forEach((socket) => socket.destroy());
  }

  /** Other certificates need other connections; those of before are broken off, and whoever used them comes again. */
  #agentFor(material: Material): CleartextAgent {
    if (this.#agent !== undefined && hasSameCertificates(material, this.#agentMaterial)) return this.#agent;
    this.#agent?.destroy();
    this.#agentMaterial = material;
    const { certificateAuthority: ca, certificate: cert, key } = material;
    const options = { keepAlive: true, keepAliveMsecs: keepAliveMs, timeout: this.#idleConnectionMs };
    this.#agent =
      this.#connection.server.protocol === 'https:'
        ? new Agent({ ...options, minVersion: 'TLSv1.2', rejectUnauthorized: true, ca, cert, key })
        : new CleartextAgent(options);
    return this.#agent;
  }

  async #bodyOf(request: ApiRequest, response: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) {
        throw new ApiError(`${nameOf(request)}: the answer exceeds ${maxBodyBytes} bytes`, { status: noAnswer });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

/** Sends what is left of a request; the answer once its head is there. */
const finished = (sent: ClientRequest, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const abort = (): void => void sent.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(body);
  });

const nameOf = ({ method = 'GET', path }: ApiRequest): string => `${method} ${path}`;

const queryText = (query: ApiRequest['query']): string =>
  query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;

const hasSameCertificates = (a: Material, b: Material | undefined): boolean =>
  a.certificateAuthority === b?.certificateAuthority && a.certificate === b?.certificate && a.key === b?.key;

const parseJson = (request: ApiRequest, body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ApiError(`${nameOf(request)}: the answer is not JSON`, { status: noAnswer }, { cause });
  }
};

const brokenOff = (request: ApiRequest, error: unknown): ApiError => {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ApiError(`${nameOf(request)}: ${reason}`, { status: noAnswer }, { cause: error });
};
