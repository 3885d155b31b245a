/** Identity as it ships: the bundle as a process of its own, configured by its environment, asked over mesh TLS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createMessage, GrpcClient, identityApi } from '@heddle/api';
import { createCsr, encodePem, encodePkcs8Pem, generatePrivateKey, parseCertificate, verifyChain } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import {
  createCertificateMill,
  createTokenMint,
  eventually,
  freePort,
  TemporaryDirectory,
  type TokenMint,
} from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const bundle = join(import.meta.dirname, '../../apps/identity/dist/main.js');
const web = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const serverName = 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local';
const mill = createCertificateMill();

let dir: TemporaryDirectory;
let mint: TokenMint;

beforeAll(async () => {
  dir = await TemporaryDirectory.create();
  mint = await createTokenMint();
  await dir.write('tls.crt', encodePem([mill.issuer.certificate]));
  await dir.write('tls.key', encodePkcs8Pem(mill.issuer.key));
  await dir.write('anchors.pem', mill.trustAnchorsPem);
  await dir.write('jwks.json', JSON.stringify(mint.jwks));
});

afterAll(() => dir[Symbol.asyncDispose]());

interface Process {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exitCode: Promise<unknown>;
}

const start = (environment: Readonly<Record<string, string>>): Process => {
  const child = spawn(process.execPath, [bundle], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = once(child, 'exit').then(([code]: unknown[]) => code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exitCode;
  });
  return { child, output: () => output, exitCode };
};

const environmentFor = (port: number, adminPort: number): Readonly<Record<string, string>> => ({
  HEDDLE_IDENTITY_LISTEN: `127.0.0.1:${port}`,
  HEDDLE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
  HEDDLE_ISSUER_DIR: dir.path,
  HEDDLE_TRUST_ANCHORS_FILE: dir.file('anchors.pem'),
  HEDDLE_TOKEN_JWKS_FILE: dir.file('jwks.json'),
  HEDDLE_TOKEN_ISSUER: 'https://kubernetes.default.svc.cluster.local',
});

const ask = async (client: GrpcClient, account: { readonly namespace: string; readonly name: string }) =>
  client.unary(
    identityApi.Identity.method.certify,
    createMessage(identityApi.CertifyRequestSchema, {
      identity: web,
      token: Buffer.from(await mint.mint(account)),
      certificateSigningRequest: createCsr(web, generatePrivateKey()),
    }),
    { timeoutMs: 10_000 },
  );

test('it becomes ready, issues a certificate to the right token only, and ends with 0 on SIGTERM', async () => {
  const [port, adminPort] = await Promise.all([freePort(), freePort()]);
  const identity = start(environmentFor(port, adminPort));
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${adminPort}/ready`)).status).toBe(200));
  const credentials = new CredentialCell(mill.trustAnchors);
  const security = { kind: 'mesh', credentials, serverName, clientCertificate: 'omit' } as const;
  const client = new GrpcClient({ address: `127.0.0.1:${port}`, security, clock: systemClock });
  onTestFinished(() => client.close());

  const response = await ask(client, { namespace: 'shop', name: 'web' });
  const [leaf, ...intermediates] = [response.leafCertificate, ...response.intermediateCertificates].map((der) => {
    const parsed = parseCertificate(der);
    if (parsed.kind === 'invalid') throw new Error(parsed.reason);
    return parsed.value;
  });
  const expected = { nowMs: Date.now(), purpose: 'clientAuth', identity: web } as const;
  expect(leaf && verifyChain(leaf, intermediates, mill.trustAnchors, expected).kind).toBe('ok');

  await expect(ask(client, { namespace: 'shop', name: 'api' })).rejects.toMatchObject({ code: 'failed-precondition' });
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  expect(metrics).toContain('certify_total{result="issued"} 1');
  expect(metrics).toContain('certify_total{result="identity-mismatch"} 1');
  expect(metrics).toMatch(/^issuer_cert_ttl_seconds \d+/m);

  identity.child.kill('SIGTERM');
  expect(await identity.exitCode).toBe(0);
  for (const line of identity.output().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
});

test('a wrong configuration is told whole, and ends with 64', async () => {
  const identity = start({ HEDDLE_IDENTITY_LISTEN: 'everywhere', HEDDLE_CLOCK_SKEW: '1 day' });
  expect(await identity.exitCode).toBe(64);
  const output = identity.output();
  expect(output).toContain('identity: HEDDLE_IDENTITY_LISTEN="everywhere" is not an address and port');
  expect(output).toContain('identity: HEDDLE_CLOCK_SKEW="1 day" is not a duration');
  expect(output).toContain('identity: HEDDLE_ISSUER_DIR is not set');
});

test.each(['HEDDLE_IDENTITY_LISTEN', 'HEDDLE_ADMIN_LISTEN'])(
  'a port of %s that is in use ends it, and is named',
  async (name) => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const identity = start({ ...environmentFor(await freePort(), await freePort()), [name]: `127.0.0.1:${port}` });
    expect(await identity.exitCode).toBe(70);
    expect(identity.output()).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*another process already listens`));
  },
);
