/** The server as the API server, and anybody else who can reach it, sees it. */
import { systemClock } from '@heddle/runtime';
import { createLogger } from '@heddle/telemetry';
import { createPromRegistry } from '@heddle/telemetry/prom';
import { createCertificateMill, eventually, TemporaryDirectory } from '@heddle/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAdmissionMetrics } from '../admission-metrics.ts';
import { post, type ReviewResponse, reviewOf, type Target } from '../testing/review-client.ts';
import { AdmissionServer } from './admission-server.ts';

const serverName = 'webhook.linkerd.svc';
const mill = createCertificateMill();
const registry = createPromRegistry('test', '1');
const abort = new AbortController();
let dir: TemporaryDirectory;
let server: AdmissionServer;
let target: Target;
let following: Promise<void>;
const certificates: boolean[] = [];

const writeCertificate = async ({ chainPem, keyPem } = mill.leaf(serverName)): Promise<void> => {
  await dir.write('tls.crt', chainPem);
  await dir.write('tls.key', keyPem);
};

beforeAll(async () => {
  dir = await TemporaryDirectory.create();
  server = new AdmissionServer({
    host: '127.0.0.1',
    port: 0,
    certificateDir: dir.path,
    admit: ({ kind }) => {
      if (kind === 'Fault') throw new Error('a fault');
      return kind === 'Bad'
        ? { kind: 'refuse', code: 422, message: 'it is bad' }
        : { kind: 'allow', patch: [], warnings: ['x'.repeat(500)] };
    },
    clock: systemClock,
    log: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createAdmissionMetrics(registry),
    kinds: ['Good', 'Bad'],
    onCertificate: (isUsed) => certificates.push(isUsed),
  });
  target = { port: await server.listen(), ca: mill.trustAnchorsPem, serverName };
  following = server.followCertificate(abort.signal);
});

afterAll(async () => {
  await server.close(1_000);
  abort.abort();
  await following;
  await dir[Symbol.asyncDispose]();
});

const ask = (body: string | Uint8Array, options = {}): Promise<ReviewResponse> => post(target, body, options);

test('serves nothing without a certificate, and from its first one on', async () => {
  expect(server.hasCertificate).toBe(false);
  await expect(ask(reviewOf('Good', {}))).rejects.toThrow();
  await writeCertificate();
  await eventually(async () => {
    expect((await ask(reviewOf('Good', {}))).status).toBe(200);
  });
});

test.each(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'])('answers %s in kind', async (apiVersion) => {
  const { body } = await ask(reviewOf('Good', {}, {}, apiVersion));
  expect(body).toMatchObject({ apiVersion, kind: 'AdmissionReview', response: { allowed: true } });
  expect(body.response.warnings?.[0]).toHaveLength(241);
});

describe('refuses with a review', () => {
  test.each([
    ['nothing', '', 400, 'the body is not JSON'],
    ['no JSON', 'hello', 400, 'the body is not JSON'],
    ['half a review', reviewOf('Good', {}).slice(0, -5), 400, 'the body is not JSON'],
    ['bytes', new Uint8Array([0xff, 0xfe, 0]), 400, 'the body is not JSON'],
    ['another value', '42', 400, 'the review is not an object'],
    ['another version', reviewOf('Good', {}, {}, 'admission.k8s.io/v9'), 400, 'apiVersion is not one of'],
    ['no uid', reviewOf('Good', {}, { uid: 7 }), 400, 'request.uid is not a string'],
    ['deep nesting', `${'['.repeat(65)}${']'.repeat(65)}`, 400, 'nested deeper than 64 levels'],
    ['a million brackets', '['.repeat(1_000_000), 400, 'nested deeper than 64 levels'],
    ['a large body', ' '.repeat(4 * 1024 * 1024 + 1), 413, 'too large'],
    ['what is bad', reviewOf('Bad', {}), 200, 'it is bad'],
    ['what it fails at', reviewOf('Fault', {}), 200, 'its log says why'],
  ])('%s', async (_, body, status, message) => {
    expect(await ask(body)).toMatchObject({
      status,
      body: { response: { allowed: false, status: { message: expect.stringContaining(message) as string } } },
    });
  });

  test.each([
    ['/', 'GET', 405],
    ['/elsewhere', 'POST', 404],
  ])('%s %s', async (path, method, status) => {
    expect(await ask('', { path, method })).toMatchObject({ status, body: { response: { allowed: false } } });
  });
});

test('a new certificate is used from its file on; one that does not go with its key never', async () => {
  const next = mill.leaf(serverName);
  const before = (await ask(reviewOf('Good', {}))).serialNumber;
  await writeCertificate(next);
  await eventually(async () => {
    expect((await ask(reviewOf('Good', {}))).serialNumber).not.toBe(before);
  });
  const current = (await ask(reviewOf('Good', {}))).serialNumber;
  await dir.write('tls.key', mill.leaf(serverName).keyPem);
  await eventually(() => {
    expect(certificates.at(-1)).toBe(false);
  });
  expect((await ask(reviewOf('Good', {}))).serialNumber).toBe(current);
});

test('counts by kinds that are known, and by results', async () => {
  await ask(reviewOf('Anything', {}));
  const text = await registry.metrics();
  expect(text).toMatch(/^admission_reviews_total\{kind="other",result="allowed"\} 1$/m);
  expect(text).toMatch(/^admission_reviews_total\{kind="Bad",result="refused-422"\} 1$/m);
  expect(text).toMatch(/^webhook_handshake_failures_total [1-9]/m);
});
