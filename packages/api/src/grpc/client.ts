/**
 * gRPC clients over mesh TLS: server name and identity are told, not derived from the address; no ALPN is offered, and
 * the scheme is `http`, as mesh proxies do it (wire §3.2).
 */
import { isIP } from 'node:net';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import {
  CallCredentials,
  ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  Metadata,
} from '@grpc/grpc-js';
import type { BackoffPolicy, Clock } from '@heddle/runtime';
import { type CredentialCell, startMeshTls, watchTrust } from '@heddle/transport';
import { type MeshResolverOptions, meshResolverOption, meshScheme } from './mesh-resolver.ts';
import { type NameLookup, systemNames } from './name-lookup.ts';
import { RpcError, rpcErrorFrom } from './rpc-error.ts';
import { methodDefinition, type StreamMethod, type UnaryMethod } from './service-definition.ts';

export type GrpcSecurity =
  /** HTTP/2 in clear: only for a peer on the same loopback interface. */
  | { readonly kind: 'cleartext' }
  | {
      readonly kind: 'mesh';
      readonly credentials: CredentialCell;
      /** Identity of the server: sent as SNI, and what its certificate must carry. */
      readonly serverName: string;
      /** `omit` for the identity service, which is asked before there is a certificate. */
      readonly clientCertificate?: 'require' | 'omit' | undefined;
    };

export interface GrpcClientOptions {
  /** `ip:port`, `[ip]:port` or `name:port`; a trailing dot on the name is allowed. */
  readonly address: string;
  readonly security: GrpcSecurity;
  readonly clock: Clock;
  /** Between attempts to connect; 100 ms to 60 s by default, with the library's own jitter of 20 %. */
  readonly reconnect?: Pick<BackoffPolicy, 'minMs' | 'maxMs'> | undefined;
  /** Largest response, 16 MiB by default. */
  readonly maxResponseBytes?: number | undefined;
  /** How a name is looked up; the system's way by default. */
  readonly names?: NameLookup | undefined;
}

export interface UnaryOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamEvents<O extends DescMessage> {
  readonly onMessage: (message: MessageShape<O>) => void;
  /** Called once. Undefined: the server ended the stream without an error. */
  readonly onEnd: (error: RpcError | undefined) => void;
}

/** An open stream. */
export interface StreamCall {
  /** No event follows. Idempotent. */
  cancel(): void;
  /** Flow control: a paused stream makes the server wait. */
  pause(): void;
  resume(): void;
}

const handshakeTimeoutMs = 10_000;
const keepaliveMs = 30_000;
const keepaliveTimeoutMs = 10_000;

export class GrpcClient {
  readonly #client: Client;

  constructor(options: GrpcClientOptions) {
    this.#client = new Client(targetOf(options), credentialsOf(options), channelOptions(options));
  }

  /** @throws {RpcError} */
  unary<I extends DescMessage, O extends DescMessage>(
    method: UnaryMethod<I, O>,
    request: MessageShape<I>,
    { timeoutMs, signal }: UnaryOptions,
  ): Promise<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(new RpcError('cancelled', 'cancelled by the caller'));
        return;
      }
      const onAbort = (): void => call.cancel();
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        // The deadline travels to the server, so it is a real point in time.
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener('abort', onAbort);
          if (error !== null) reject(rpcErrorFrom(error));
          else if (response === undefined) reject(new RpcError('internal', 'the server sent neither answer nor error'));
          else resolve(response);
        },
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Opens a stream; errors, of the connection too, arrive through `onEnd`. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: StreamMethod<I, O>,
    request: MessageShape<I>,
    events: StreamEvents<O>,
  ): StreamCall {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const call: ClientReadableStream<MessageShape<O>> = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
    );
    let isOver = false;
    const end = (error: RpcError | undefined): void => {
      if (isOver) return;
      isOver = true;
      events.onEnd(error);
    };
    call.on('data', (message: MessageShape<O>) => {
      if (!isOver) events.onMessage(message);
    });
    call.on('error', (error) => end(rpcErrorFrom(error)));
    call.on('end', () => end(undefined));
    return {
      cancel: () => {
        isOver = true;
        call.cancel();
      },
      pause: () => void call.pause(),
      resume: () => void call.resume(),
    };
  }

  /** Ends the connections; open calls fail. */
  close(): void {
    this.#client.close();
  }
}

const channelOptions = ({ address, reconnect, maxResponseBytes, names, clock }: GrpcClientOptions): ChannelOptions => ({
  'grpc.default_authority': withoutRootDot(address),
  'grpc.initial_reconnect_backoff_ms': reconnect?.minMs ?? 100,
  'grpc.max_reconnect_backoff_ms': reconnect?.maxMs ?? 60_000,
  'grpc.max_receive_message_length': maxResponseBytes ?? 16 << 20,
  'grpc.keepalive_time_ms': keepaliveMs,
  'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
  // Retry buffers of long streams are never released; whoever watches retries by itself.
  'grpc.enable_retries': 0,
  // The environment's proxies, service configurations in DNS, and channels shared with others are not for us.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  [meshResolverOption]: { names: names ?? systemNames, clock, random: Math.random } satisfies MeshResolverOptions,
});

/**
 * Services of the mesh may be found by SRV, since TLS proves who answers there. In clear only addresses count: a record
 * must not lead plaintext away from loopback.
 */
const targetOf = ({ address, security }: GrpcClientOptions): string => {
  const plain = withoutRootDot(address);
  const host = plain.replace(/:\d+$/, '');
  const isFixed = host.startsWith('[') || isIP(host) !== 0 || host === 'localhost';
  return `${isFixed || security.kind === 'cleartext' ? 'dns' : meshScheme}:${plain}`;
};

/** Without the dot that makes a name absolute: resolvers know it, certificates and hosts files do not. */
const withoutRootDot = (address: string): string => address.replace(/\.(?=:\d+$)/, '');

const credentialsOf = ({ security, clock }: GrpcClientOptions): ChannelCredentials =>
  security.kind === 'cleartext' ? ChannelCredentials.createInsecure() : new MeshCredentials(security, clock);

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** Makes @grpc/grpc-js connect through our own TLS client. */
class MeshCredentials extends ChannelCredentials {
  readonly #security: Extract<GrpcSecurity, { kind: 'mesh' }>;
  readonly #clock: Clock;

  constructor(security: Extract<GrpcSecurity, { kind: 'mesh' }>, clock: Clock) {
    super();
    this.#security = security;
    this.#clock = clock;
  }

  override compose(): ChannelCredentials {
    throw new Error('mesh credentials are those of the connection; there are none per call');
  }

  _isSecure(): boolean {
    return true;
  }

  _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  _createSecureConnector(): SecureConnector {
    const { credentials, serverName, clientCertificate } = this.#security;
    const clock = this.#clock;
    return {
      connect: async (raw) => {
        const { socket, peer } = await startMeshTls(raw, {
          credentials,
          clock,
          serverName,
          identity: serverName,
          handshakeTimeoutMs,
          clientCertificate,
        });
        watchTrust(socket, peer, { credentials, clock, onUntrusted: () => socket.destroy() });
        // `secure` decides the scheme only.
        return { socket, secure: false };
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }
}
