/**
 * One connection to a port of a pod, through the API server: WebSocket with the subprotocol `v4.channel.k8s.io`, which
 * every version since 1.9 serves. Messages begin with a channel: 0 carries the bytes, 1 what went wrong; the first
 * message of each is the number of the port. Neither side can say that it has finished and still listen: ending the
 * stream ends the connection.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { ApiError, noAnswer } from '../api/api-error.ts';
import type { KubernetesApi, Upgraded } from '../api/kubernetes-api.ts';
import { encodeFrame, FrameReader, opcode } from './frames.ts';

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const subprotocol = 'v4.channel.k8s.io';
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const channel = { data: 0, error: 1 } as const;

/** The caller destroys the stream. @throws {ApiError} when the API server or the pod's node does not connect */
export const forwardPort = async (api: KubernetesApi, target: PodPort, signal?: AbortSignal): Promise<Duplex> => {
  const key = randomBytes(16).toString('base64');
  const path = `/api/v1/namespaces/${encodeURIComponent(target.namespace)}/pods/${encodeURIComponent(target.pod)}/portforward`;
  const request = { path, query: { ports: String(target.port) }, signal };
  const upgraded = await api.upgrade(request, {
    // The node's server refuses any narrower wish.
    accept: '*/*',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'sec-websocket-protocol': subprotocol,
  });
  const expected = createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
  const { headers, socket } = upgraded;
  if (headers['sec-websocket-accept'] !== expected || headers['sec-websocket-protocol'] !== subprotocol) {
    socket.destroy();
    throw new ApiError(`GET ${path}: the answer is no WebSocket of ${subprotocol}`, { status: noAnswer });
  }
  return new ForwardedPort(upgraded, target);
};

class ForwardedPort extends Duplex {
  readonly #socket: Duplex;
  readonly #frames = new FrameReader();
  readonly #target: PodPort;
  /** Channels whose first message, the port, has come. */
  readonly #begun = new Set<number>();

  constructor({ socket, head }: Upgraded, target: PodPort) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#target = target;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.#end());
    if (head.length > 0) this.#take(head);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(encodeFrame(opcode.binary, Buffer.concat([Buffer.of(channel.data), chunk])), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(encodeFrame(opcode.close, Buffer.of(0x03, 0xe8)), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    for (const message of this.#frames.push(chunk)) {
      if (message.kind === 'ping') this.#socket.write(encodeFrame(opcode.pong, message.payload));
      else if (message.kind === 'close') this.#end();
      else if (message.kind === 'invalid') this.destroy(this.#broken(`the API server sent ${message.reason}`));
      else if (message.kind === 'data') this.#takeData(message.payload);
    }
  }

  #takeData(payload: Buffer): void {
    const from = payload[0] ?? channel.error;
    const body = payload.subarray(1);
    if (!this.#begun.has(from)) {
      this.#begun.add(from);
      return;
    }
    if (from === channel.data) {
      if (body.length > 0 && !this.push(body)) this.#socket.pause();
    } else if (body.length > 0) {
      this.destroy(this.#broken(body.toString('utf8').trim()));
    }
  }

  #end(): void {
    if (!this.readableEnded) this.push(null);
    this.#socket.resume();
    if (this.writable) this.end();
  }

  #broken(reason: string): ApiError {
    const { namespace, pod, port } = this.#target;
    return new ApiError(`port ${port} of pod ${namespace}/${pod}: ${reason}`, { status: noAnswer });
  }
}
