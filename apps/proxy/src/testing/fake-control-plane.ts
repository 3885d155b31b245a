/** The control plane as tests need it: real gRPC over real mesh TLS, with answers that a test sets. */
import { randomBytes } from 'node:crypto';
import {
  createMessage,
  decodeSocketAddress,
  destinationApi,
  endpointUpdateToProto,
  GrpcServer,
  identityApi,
  inboundApi,
  inboundPolicyToProto,
  outboundApi,
  outboundPolicyToProto,
  profileToProto,
  type RpcCode,
  RpcError,
  serveWith,
  timestampFromMs,
} from '@heddle/api';
import type { EndpointUpdate, OutboundPolicy, Profile } from '@heddle/catalog';
import { formatIp } from '@heddle/names';
import { issueLeaf, parseCsr } from '@heddle/pki';
import type { InboundPolicy } from '@heddle/policy';
import { systemClock, WatchCell } from '@heddle/runtime';
import { type CertificateMill, createCertificateMill } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';

export const controlName = 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local';

/** Answers by key, made on first use, undefined until set. */
class Answers<T> {
  readonly #cells = new Map<string, WatchCell<T | undefined>>();

  of(key: string): WatchCell<T | undefined> {
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = new WatchCell<T | undefined>(undefined);
      this.#cells.set(key, cell);
    }
    return cell;
  }

  async *watch(key: string, signal: AbortSignal): AsyncGenerator<T> {
    for await (const value of this.of(key).changes(signal)) if (value !== undefined) yield value;
  }
}

export class FakeControlPlane {
  readonly mill: CertificateMill;
  /** Inbound policies by workload token and port: `books:8080`. */
  readonly inbound = new Answers<InboundPolicy>();
  /** By target, `ip:port`. */
  readonly profiles = new Answers<Profile>();
  readonly outbound = new Answers<OutboundPolicy>();
  /** By `name:port`. */
  readonly endpoints = new Answers<EndpointUpdate>();
  /** Targets whose outbound policy is answered with an error: `not-found` for those that have none. */
  readonly refusedTargets = new Map<string, RpcCode>();
  leafLifetimeMs = 3_600_000;
  certified = 0;
  readonly #credentials: CredentialCell;
  #server: GrpcServer | undefined;
  #port = 0;

  constructor(mill: CertificateMill = createCertificateMill()) {
    this.mill = mill;
    this.#credentials = new CredentialCell(mill.trustAnchors, mill.leaf(controlName));
  }

  get port(): number {
    return this.#port;
  }

  /** Opens the same port again after `stop`. */
  async start(): Promise<void> {
    this.#server = await GrpcServer.listen({
      name: 'fake control plane',
      host: '127.0.0.1',
      port: this.#port,
      credentials: this.#credentials,
      clock: systemClock,
      clientCertificate: 'optional',
      reportError: (error) => {
        throw error;
      },
      services: [this.#identity(), this.#policies(), this.#targets(), this.#destinations()],
    });
    this.#port = this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  #identity() {
    return serveWith(identityApi.Identity, {
      certify: ({ identity, certificateSigningRequest }) => {
        const request = parseCsr(certificateSigningRequest);
        if (request.kind === 'invalid') throw new RpcError('invalid-argument', request.reason);
        const nowMs = Date.now();
        const issued = issueLeaf(this.mill.issuer, request.value, {
          identity,
          nowMs,
          lifetimeMs: this.leafLifetimeMs,
          clockSkewMs: 0,
          randomBytes,
        });
        if (issued.kind === 'invalid') throw new RpcError('failed-precondition', issued.reason);
        this.certified += 1;
        return createMessage(identityApi.CertifyResponseSchema, {
          leafCertificate: Uint8Array.from(issued.value.certificate.der),
          intermediateCertificates: issued.value.intermediates.map(({ der }) => Uint8Array.from(der)),
          validUntil: timestampFromMs(nowMs + this.leafLifetimeMs),
        });
      },
    });
  }

  #policies() {
    const { inbound } = this;
    return serveWith(inboundApi.InboundServerPolicies, {
      getPort: () => {
        throw new RpcError('unimplemented', 'not here');
      },
      async *watchPort({ workload, port }, { signal }) {
        for await (const policy of inbound.watch(`${workload.trim()}:${port}`, signal)) {
          yield inboundPolicyToProto(policy);
        }
      },
    });
  }

  #targets() {
    const { outbound, refusedTargets } = this;
    return serveWith(outboundApi.OutboundPolicies, {
      get: () => {
        throw new RpcError('unimplemented', 'not here');
      },
      async *watch({ target }, { signal }) {
        const key = target.case === 'addr' ? addressKey(target.value) : String(target.value);
        const code = refusedTargets.get(key);
        if (code !== undefined) throw new RpcError(code, 'as told');
        for await (const policy of outbound.watch(key, signal)) yield outboundPolicyToProto(policy);
      },
    });
  }

  #destinations() {
    const { profiles, endpoints } = this;
    return serveWith(destinationApi.Destination, {
      async *get({ path }, { signal }) {
        for await (const update of endpoints.watch(path, signal)) yield endpointUpdateToProto(update);
      },
      async *getProfile({ path }, { signal }) {
        for await (const profile of profiles.watch(path, signal)) yield profileToProto(profile);
      },
    });
  }
}

const addressKey = (message: Parameters<typeof decodeSocketAddress>[0]): string => {
  const decoded = decodeSocketAddress(message);
  if (decoded.kind === 'invalid') throw new RpcError('invalid-argument', decoded.reason);
  return `${formatIp(decoded.value.ip)}:${decoded.value.port}`;
};
