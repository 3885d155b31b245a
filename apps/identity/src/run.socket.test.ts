/** The process as a whole, in process: real files, real sockets, real TLS, its own TLS client and openssl. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createMessage, GrpcClient, type GrpcSecurity, identityApi, RpcError, timestampMs } from '@heddle/api';
import {
  type Authority,
  createCsr,
  encodePem,
  encodePkcs8Pem,
  generatePrivateKey,
  parseCertificate,
} from '@heddle/pki';
import { altNames, buildRequest, generalName, rsaWithSha256 } from '@heddle/pki/testing';
import { type Clock, systemClock } from '@heddle/runtime';
import {
  createCertificateMill,
  createTokenMint,
  eventually,
  RawClient,
  TemporaryDirectory,
  type TokenMint,
} from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { IdentityConfig } from './config.ts';
import { type RunningIdentity, startIdentity } from './run.ts';
import { logLines } from './testing/log-lines.ts';
import { reviewWith, TokenReviewServer } from './testing/token-review-server.ts';

const domain = { controlPlaneNamespace: 'linkerd', trustDomain: 'cluster.local' };
const identityOf = (name: string): string => `${name}.serviceaccount.identity.linkerd.cluster.local`;
const web = identityOf('web.shop');
const serverName = identityOf('linkerd-identity.linkerd');
const account = { namespace: 'shop', name: 'web' };
const issuer = 'https://kubernetes.default.svc.cluster.local';
const mill = createCertificateMill();

let dir: TemporaryDirectory;
let mint: TokenMint;
let identity: RunningIdentity;
let port: number;
const logged = logLines();

const writeIssuer = async (folder: TemporaryDirectory, { certificate, key }: Authority): Promise<void> => {
  await folder.write('crt.pem', encodePem([certificate]));
  await folder.write('key.pem', encodePkcs8Pem(key));
};

const configFor = (folder: TemporaryDirectory): IdentityConfig => ({
  listen: { host: '127.0.0.1', port: 0 },
  adminListen: { host: '127.0.0.1', port: 0 },
  domain,
  issuerDir: folder.path,
  trustAnchorsFile: folder.file('ca.crt'),
  tokens: { kind: 'keys', jwksFile: folder.file('jwks.json'), issuer, audience: 'identity.l5d.io' },
  issuanceLifetimeMs: 86_400_000,
  clockSkewMs: 20_000,
  cleartextFromLoopback: true,
  scrapeNetworks: [],
  logLevel: 'debug',
});

const start = async (
  folder: TemporaryDirectory,
  authority: Authority | undefined,
  clock: Clock = systemClock,
  more: Partial<IdentityConfig> = {},
): Promise<RunningIdentity> => {
  if (authority !== undefined) await writeIssuer(folder, authority);
  await folder.write('ca.crt', mill.trustAnchorsPem);
  await folder.write('jwks.json', JSON.stringify(mint.jwks));
  const { log } = folder === dir ? logged : logLines();
  return startIdentity(
    { ...configFor(folder), ...more },
    {
      clock,
      log,
      onFault: (task, cause) => {
        throw new Error(task, { cause });
      },
    },
  );
};

beforeAll(async () => {
  mint = await createTokenMint();
  dir = await TemporaryDirectory.create();
  identity = await start(dir, mill.issuer);
  port = await identity.port;
});

afterAll(async () => {
  await identity.close(0);
  await dir[Symbol.asyncDispose]();
});

const mesh = (): GrpcSecurity => ({
  kind: 'mesh',
  credentials: new CredentialCell(mill.trustAnchors),
  serverName,
  clientCertificate: 'omit',
});

const clientTo = (toPort: number, security: GrpcSecurity = mesh()): GrpcClient => {
  const client = new GrpcClient({ address: `127.0.0.1:${toPort}`, security, clock: systemClock });
  onTestFinished(() => client.close());
  return client;
};

interface Asked {
  readonly identity?: string;
  readonly token?: string;
  readonly csr?: Uint8Array;
}

const ask = async (client: GrpcClient, { identity: name = web, token, csr }: Asked = {}) =>
  client.unary(
    identityApi.Identity.method.certify,
    createMessage(identityApi.CertifyRequestSchema, {
      identity: name,
      token: Buffer.from(token ?? (await mint.mint(account))),
      certificateSigningRequest: csr ?? createCsr(web, generatePrivateKey()),
    }),
    { timeoutMs: 60_000 },
  );

const statusOf = async (asked: Asked): Promise<string> => {
  try {
    await ask(clientTo(port), asked);
    return 'ok';
  } catch (error) {
    return error instanceof RpcError ? `${error.code}: ${error.message}` : String(error);
  }
};

const metric = async (adminPort: number, name: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1));
};

test('a certificate is issued over mesh TLS, for the key and the name asked for', async () => {
  const key = generatePrivateKey();
  const issuedBefore = (await metric(identity.adminPort, 'certify_total{result="issued"}')) || 0;
  const response = await ask(clientTo(port), { csr: createCsr(web, key) });
  const leaf = parseCertificate(response.leafCertificate);
  if (leaf.kind === 'invalid') throw new Error(leaf.reason);
  expect(leaf.value.identity).toEqual({ kind: 'dns', name: web });
  expect(response.validUntil && timestampMs(response.validUntil)).toBe(leaf.value.notAfterMs);
  expect(response.intermediateCertificates.map((der) => Buffer.from(der))).toEqual([mill.issuer.certificate.der]);
  expect(await metric(identity.adminPort, 'certify_total{result="issued"}')).toBe(issuedBefore + 1);
  expect(logged.lines).toContainEqual(
    expect.objectContaining({
      event: 'IssuedLeafCertificate',
      identity: web,
      peer: '127.0.0.1',
      serial: leaf.value.serialHex,
    }),
  );
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test.skipIf(!hasOpenssl)('openssl verifies what is issued (needs the openssl command)', async () => {
  const response = await ask(clientTo(port));
  const leaf = parseCertificate(response.leafCertificate);
  await using files = await TemporaryDirectory.create();
  await files.write('ca.pem', mill.trustAnchorsPem);
  await files.write('issuer.pem', encodePem([mill.issuer.certificate]));
  await files.write('leaf.pem', leaf.kind === 'ok' ? encodePem([leaf.value]) : '');
  const run = (...args: readonly string[]): string => {
    const { stdout, stderr } = spawnSync('openssl', args, { cwd: files.path, encoding: 'utf8', input: '' });
    return `${stdout}${stderr}`;
  };
  expect(run('verify', '-x509_strict', '-CAfile', 'ca.pem', '-untrusted', 'issuer.pem', 'leaf.pem')).toBe(
    'leaf.pem: OK\n',
  );
});

test('it answers in clear from loopback too', async () => {
  const response = await ask(clientTo(port, { kind: 'cleartext' }));
  expect(response.leafCertificate.length).toBeGreaterThan(300);
});

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

test.each([
  [
    'a corrupt token',
    async () => ({ token: `${(await mint.mint(account)).slice(0, -20)}AAAAAAAAAAAAAAAAAAAA` }),
    'failed-precondition: the signature of the token',
  ],
  [
    'a token of another issuer key',
    async () => ({ token: await (await createTokenMint()).mint(account) }),
    'failed-precondition: the signature of the token',
  ],
  [
    'a token for another ServiceAccount',
    async () => ({ token: await mint.mint({ namespace: 'shop', name: 'api' }) }),
    `failed-precondition: the token is for ${identityOf('api.shop')}`,
  ],
  [
    'a token of the same name elsewhere',
    async () => ({ token: await mint.mint({ namespace: 'pay', name: 'web' }) }),
    'failed-precondition: the token is for',
  ],
  [
    'an expired token',
    async () => ({ token: await mint.mint(account, { nowMs: Date.now() - 2 * 86_400_000 }) }),
    'failed-precondition: the token has expired',
  ],
  [
    'a token for another audience',
    async () => ({ token: await mint.mint(account, { audience: 'vault' }) }),
    'failed-precondition: the token is for another audience',
  ],
  ['no token', () => ({ token: '' }), 'invalid-argument: token is missing'],
  ['no identity', () => ({ identity: '' }), 'invalid-argument: identity is missing'],
  ['no CSR', () => ({ csr: Buffer.alloc(0) }), 'invalid-argument: certificate_signing_request is missing'],
  ['a garbage CSR', () => ({ csr: Buffer.from('please') }), 'invalid-argument: certificate_signing_request: '],
  [
    'a CSR for somebody else',
    () => ({ csr: createCsr(serverName, generatePrivateKey()) }),
    'failed-precondition: the CSR is unacceptable: it asks for',
  ],
  [
    'an RSA key',
    () => ({ csr: buildRequest({ key: rsa(), algorithm: rsaWithSha256 }) }),
    'failed-precondition: the CSR is unacceptable: its public key is not ECDSA',
  ],
  [
    'two names',
    () => ({ csr: buildRequest({ extensions: [altNames(generalName(2, web), generalName(2, 'b'))] }) }),
    'failed-precondition: the CSR is unacceptable: it asks for 2 DNS names',
  ],
  [
    '5 kB of CSR',
    () => ({ csr: Buffer.alloc(5000, 0x30) }),
    'invalid-argument: certificate_signing_request: larger than 4096 bytes',
  ],
  ['80 kB of token', () => ({ token: 'a'.repeat(80_000) }), 'resource-exhausted: '],
])('%s gets no certificate', async (_name, make, expected) => {
  expect(await statusOf(await make())).toContain(expected);
});

test('100 calls at once are all answered, each with its own serial number', async () => {
  const client = clientTo(port);
  const token = await mint.mint(account);
  const csr = createCsr(web, generatePrivateKey());
  const responses = await Promise.all(Array.from({ length: 100 }, () => ask(client, { token, csr })));
  const serials = responses.map(({ leafCertificate }) => {
    const leaf = parseCertificate(leafCertificate);
    return leaf.kind === 'ok' ? leaf.value.serialHex : '';
  });
  expect(new Set(serials).size).toBe(100);
});

test('a peer that sends garbage is refused and counted; others are served', async () => {
  const before = (await metric(identity.adminPort, 'refused_connections_total{reason="handshake"}')) || 0;
  await using client = await RawClient.connect(port);
  await client.send(Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]));
  await client.untilEnd();
  await eventually(async () =>
    expect(await metric(identity.adminPort, 'refused_connections_total{reason="handshake"}')).toBe(before + 1),
  );
  expect(await statusOf({})).toBe('ok');
});

test('a client of another mesh does not trust it, and is not trusted', async () => {
  const foreign = createCertificateMill();
  const distrusting = clientTo(port, {
    kind: 'mesh',
    credentials: new CredentialCell(foreign.trustAnchors),
    serverName,
  });
  await expect(ask(distrusting)).rejects.toMatchObject({ code: 'unavailable' });
  const stranger = new CredentialCell(mill.trustAnchors, foreign.leaf(web));
  const untrusted = clientTo(port, { kind: 'mesh', credentials: stranger, serverName, clientCertificate: 'require' });
  await expect(ask(untrusted)).rejects.toMatchObject({ code: 'unavailable' });
});

test('an issuer that is replaced while running is used at once, for leaves and for its own certificate; a bad one is not', async () => {
  await using own = await TemporaryDirectory.create();
  const running = await start(own, mill.issuer);
  onTestFinished(() => running.close(0));
  const ownPort = await running.port;
  const issuerOf = async (): Promise<string> => {
    const { intermediateCertificates } = await ask(clientTo(ownPort));
    const certificate = parseCertificate(intermediateCertificates[0] ?? Buffer.alloc(0));
    return certificate.kind === 'ok' ? certificate.value.serialHex : certificate.reason;
  };
  expect(await issuerOf()).toBe(mill.issuer.certificate.serialHex);

  const renewed = mill.anotherIssuer();
  await writeIssuer(own, renewed);
  await eventually(async () => expect(await issuerOf()).toBe(renewed.certificate.serialHex));

  await writeIssuer(own, createCertificateMill().issuer);
  await eventually(async () =>
    expect(await metric(running.adminPort, 'issuer_validation_failed_total')).toBeGreaterThan(0),
  );
  expect(await issuerOf()).toBe(renewed.certificate.serialHex);
  expect(await metric(running.adminPort, 'issuer_cert_ttl_seconds')).toBeGreaterThan(86_400);
});

test('without an issuer it is alive but not ready, and serves as soon as there is one', async () => {
  await using own = await TemporaryDirectory.create();
  const expired = mill.anotherIssuer({ nowMs: Date.now() - 3 * 86_400_000, lifetimeMs: 86_400_000 });
  const running = await start(own, expired);
  onTestFinished(() => running.close(0));
  const admin = `http://127.0.0.1:${running.adminPort}`;
  expect((await fetch(`${admin}/live`)).status).toBe(200);
  await eventually(async () => {
    const response = await fetch(`${admin}/ready`);
    expect(response.status).toBe(503);
    expect(await response.text()).toMatch(/waiting for an issuer \(.*expired at .*, the gRPC port/);
  });
  await writeIssuer(own, mill.issuer);
  expect((await ask(clientTo(await running.port))).leafCertificate.length).toBeGreaterThan(300);
  expect((await fetch(`${admin}/ready`)).status).toBe(200);
});

test('new token keys are used at once; a file that breaks leaves them; an empty set refuses all', async () => {
  await using own = await TemporaryDirectory.create();
  const running = await start(own, mill.issuer);
  onTestFinished(() => running.close(0));
  const client = clientTo(await running.port);
  const rotated = await createTokenMint('ES256', 'rotated');
  const token = await rotated.mint(account);
  await expect(ask(client, { token })).rejects.toMatchObject({ code: 'failed-precondition' });
  await own.write('jwks.json', JSON.stringify(rotated.jwks));
  await eventually(() => ask(client, { token }));
  await own.write('jwks.json', '{ "keys": [');
  await eventually(async () => expect(await metric(running.adminPort, 'token_keys_load_failed_total')).toBe(1));
  await ask(client, { token });
  await own.write('jwks.json', '{ "keys": [] }');
  await eventually(() => expect(ask(client, { token })).rejects.toMatchObject({ code: 'failed-precondition' }));
});

test('in a cluster the API server says whose a token is', async () => {
  await using own = await TemporaryDirectory.create();
  await using cluster = await TokenReviewServer.start();
  const access = { kind: 'kubeconfig', file: await own.write('config', cluster.kubeconfig) } as const;
  const running = await start(own, mill.issuer, systemClock, { tokens: { kind: 'kubernetes', access } });
  onTestFinished(() => running.close(0));
  const client = clientTo(await running.port);
  cluster.answer = reviewWith({});
  expect((await ask(client, { token: 'opaque' })).leafCertificate.length).toBeGreaterThan(300);
  cluster.answer = reviewWith({ audiences: [] });
  await expect(ask(client)).rejects.toMatchObject({ code: 'failed-precondition' });
  cluster.answer = { status: 500, body: {} };
  await expect(ask(client)).rejects.toMatchObject({ code: 'unavailable' });
});

test('an issuer that expires while running issues nothing more, and says why', async () => {
  await using own = await TemporaryDirectory.create();
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, wallMs: () => Date.now() + offsetMs };
  const hourMs = 3_600_000;
  const running = await start(own, mill.anotherIssuer({ lifetimeMs: hourMs }), clock);
  onTestFinished(() => running.close(0));
  // The certificate of identity itself ends with its issuer: in clear, since nobody would believe it any more.
  const client = clientTo(await running.port, { kind: 'cleartext' });
  const { validUntil } = await ask(client);
  expect(validUntil && timestampMs(validUntil)).toBeLessThan(Date.now() + hourMs + 120_000);
  offsetMs = 2 * hourMs;
  await expect(ask(client)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^issuer CN=identity.linkerd.cluster.local is expired at .*, the clock here says/),
  });
});
