import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Certificate, issueLeaf, parseCsr } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually, FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterEach, expect, test } from 'vitest';
import {
  type CertifyRequest,
  type CertifyResponse,
  CertifyResponseSchema,
  Identity,
} from '../gen/io/linkerd/proxy/identity_pb.ts';
import type { CallContext } from '../grpc/call-context.ts';
import { GrpcClient } from '../grpc/client.ts';
import { RpcError } from '../grpc/rpc-error.ts';
import { GrpcServer } from '../grpc/server.ts';
import { serveWith } from '../grpc/service.ts';
import { IdentityRenewal } from './identity-renewal.ts';

const serverName = 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local';
const identity = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const hourMs = 3_600_000;
const mill = createCertificateMill();
const foreign = createCertificateMill();

type Change = (response: CertifyResponse) => void;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

/** An identity service that issues what it is asked for, and a proxy's renewal loop against it. */
const start = async (change: Change = () => {}) => {
  const clock = new FakeClock(Date.now());
  const requests: { request: CertifyRequest; call: CallContext }[] = [];
  const failures: unknown[] = [];
  const service = { change, isDown: false, issuer: mill.issuer };
  const server = await GrpcServer.listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    credentials: new CredentialCell(mill.trustAnchors, mill.leaf(serverName, { lifetimeMs: 100 * hourMs })),
    clock: systemClock,
    clientCertificate: 'optional',
    reportError: (error) => {
      throw error;
    },
    services: [
      serveWith(Identity, {
        certify: (request, call) => {
          requests.push({ request, call });
          if (service.isDown) throw new RpcError('unavailable', 'the issuer is not loaded');
          const csr = parseCsr(request.certificateSigningRequest);
          if (csr.kind === 'invalid') throw new Error(csr.reason);
          const nowMs = clock.wallMs();
          const issued = issueLeaf(service.issuer, csr.value, {
            identity: request.identity,
            nowMs,
            lifetimeMs: 24 * hourMs,
            randomBytes,
          });
          if (issued.kind === 'invalid') throw new Error(issued.reason);
          const response = create(CertifyResponseSchema, {
            leafCertificate: bytes(issued.value.certificate),
            intermediateCertificates: issued.value.intermediates.map(bytes),
            validUntil: timestampFromMs(issued.value.certificate.notAfterMs),
          });
          service.change(response);
          return response;
        },
      }),
    ],
  });
  open.push(server);
  const credentials = new CredentialCell(mill.trustAnchors);
  const client = new GrpcClient({
    address: `127.0.0.1:${server.port}`,
    security: { kind: 'mesh', credentials, serverName, clientCertificate: 'omit' },
    clock: systemClock,
  });
  open.push(client);
  const directory = await TemporaryDirectory.create();
  open.push({ close: () => directory[Symbol.asyncDispose]() });
  const tokenFile = await directory.write('token', 'token 1');
  const renewal = new IdentityRenewal({
    identity,
    tokenFile,
    client,
    credentials,
    clock,
    random: () => 0,
    onFailure: (error) => failures.push(error),
  });
  const controller = new AbortController();
  const running = renewal.run(controller.signal);
  const stop = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  open.push({ close: stop });
  const count = (n: number) => eventually(() => expect(renewal.state.value.refreshCount).toBe(n));
  return { clock, requests, failures, service, credentials, directory, renewal, stop, count };
};

const bytes = (certificate: Certificate): Uint8Array<ArrayBuffer> => Uint8Array.from(certificate.der);

test('asks without a certificate, and puts what it gets into the cell', async () => {
  const { requests, credentials, renewal, count } = await start();
  await count(1);
  expect(credentials.value.credentials?.identity).toBe(identity);
  expect(credentials.value.generation).toBe(1);
  expect(renewal.state.value.notAfterMs).toBe(credentials.value.credentials?.leaf.notAfterMs);
  const [first] = requests;
  expect(first?.request.identity).toBe(identity);
  expect(Buffer.from(first?.request.token ?? []).toString()).toBe('token 1');
  expect(first?.call.identity).toBeUndefined();
});

test('renews at 70 % of the life that is left, with a new key and the token of the day', async () => {
  const { clock, credentials, directory, renewal, count } = await start();
  await count(1);
  const before = credentials.value.credentials;
  const lifeMs = (renewal.state.value.notAfterMs ?? 0) - clock.wallMs();
  await directory.write('token', 'token 2');
  await clock.advanceAsync(lifeMs * 0.7 - 1000);
  expect(renewal.state.value.refreshCount).toBe(1);
  await clock.advanceAsync(2000);
  await count(2);
  const after = credentials.value.credentials;
  expect(after?.key.equals(before?.key ?? after.key)).toBe(false);
  expect(after?.leaf.serialHex).not.toBe(before?.leaf.serialHex);
  expect(credentials.value.generation).toBe(2);
});

test('a clock that is set forward brings the renewal forward', async () => {
  const { clock, count } = await start();
  await count(1);
  clock.setWall(clock.wallMs() + 20 * hourMs);
  await clock.advanceAsync(60_000);
  await count(2);
});

test('an identity service that is down is survived: the old certificate stays, and it is tried until it is back', async () => {
  const { clock, service, credentials, failures, renewal, requests, count } = await start();
  await count(1);
  const before = credentials.value.credentials;
  service.isDown = true;
  await clock.advanceAsync(17 * hourMs);
  await eventually(() => expect(failures).not.toEqual([]));
  for (let attempts = 2; attempts < 12; attempts += 1) {
    await eventually(() => expect(renewal.state.value.failures).toBe(attempts - 1));
    await eventually(() => expect(clock.nextTimerMs).toBeLessThanOrEqual(10_000));
    clock.advance(10_000);
    await eventually(() => expect(requests.length).toBeGreaterThanOrEqual(attempts + 1));
  }
  expect(failures[0]).toMatchObject({ code: 'unavailable', message: 'the issuer is not loaded' });
  expect(credentials.value.credentials).toBe(before);
  service.isDown = false;
  await eventually(async () => {
    await clock.advanceAsync(10_000);
    expect(renewal.state.value.refreshCount).toBe(2);
  });
  expect(renewal.state.value.failures).toBe(0);
});

test('a token file that is missing is a failure like others', async () => {
  const { clock, directory, failures, count } = await start();
  await count(1);
  const { rm } = await import('node:fs/promises');
  await rm(directory.file('token'));
  await clock.advanceAsync(17 * hourMs);
  await eventually(() => expect(failures[0]).toMatchObject({ code: 'ENOENT' }));
  await directory.write('token', 'token 3');
  await eventually(async () => {
    await clock.advanceAsync(10_000);
    await count(2);
  });
});

test.each<[string, Change, RegExp]>([
  [
    'of a foreign mesh',
    (response) => {
      const stranger = foreign.leaf(identity);
      response.leafCertificate = bytes(stranger.leaf);
      response.intermediateCertificates = stranger.intermediates.map(bytes);
    },
    /no way to a trust anchor/,
  ],
  [
    'for another name',
    (response) => {
      response.leafCertificate = bytes(mill.leaf(serverName).leaf);
    },
    /expected/,
  ],
  [
    'for another key',
    (response) => {
      response.leafCertificate = bytes(mill.leaf(identity).leaf);
    },
    /another key/,
  ],
  [
    'without its issuer',
    (response) => {
      response.intermediateCertificates = [];
    },
    /no way to a trust anchor/,
  ],
  [
    'without an end',
    (response) => {
      delete response.validUntil;
    },
    /until when/,
  ],
  [
    'that has ended',
    (response) => {
      response.validUntil = timestampFromMs(Date.now() - hourMs);
    },
    /it ended at/,
  ],
  [
    'that is none',
    (response) => {
      response.leafCertificate = new Uint8Array([1, 2, 3]);
    },
    /cannot be used/,
  ],
])('a certificate %s is not used', async (_, change, reason) => {
  const { failures, credentials } = await start(change);
  await eventually(() => expect(failures.length).toBe(1));
  expect(String(failures[0])).toMatch(reason);
  expect(credentials.value.credentials).toBeUndefined();
});

test('stops when it is told to, even while it waits', async () => {
  const { stop, count, clock } = await start();
  await count(1);
  await stop();
  expect(clock.pendingTimers).toBe(0);
});
