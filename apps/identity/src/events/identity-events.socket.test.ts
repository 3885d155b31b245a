import { KubernetesApi } from '@heddle/k8s';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, FakeApiServer } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CertifyOutcome } from '../certify/certify.ts';
import { IdentityEvents } from './identity-events.ts';

const eventKind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };
const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' };
const mill = createCertificateMill();

let server: FakeApiServer;
let api: KubernetesApi;
let events: IdentityEvents;
let errors: number[];

beforeEach(async () => {
  server = await FakeApiServer.start({ kinds: [eventKind, deployments] });
  const connection = { server: new URL(server.url), namespace: 'linkerd' };
  api = new KubernetesApi({ connection, clock: systemClock });
  errors = [];
  events = new IdentityEvents({
    api,
    namespace: 'linkerd',
    clock: systemClock,
    onError: ({ status }) => errors.push(status),
  });
});
afterEach(async () => {
  api.close();
  await server[Symbol.asyncDispose]();
});

interface Told {
  readonly metadata: { readonly namespace: string };
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid?: string };
}

const told = async (): Promise<readonly string[]> => {
  await events.close();
  return (server.list(eventKind) as unknown as readonly Told[])
    .map(
      ({ metadata, type, reason, note, regarding }) =>
        `${type} ${reason} on ${regarding.kind} ${metadata.namespace}/${regarding.name} ${regarding.uid ?? '-'}: ${note}`,
    )
    .sort();
};

const issuedFor = (name: string, accountUid?: string): Extract<CertifyOutcome, { kind: 'issued' }> => ({
  kind: 'issued',
  identity: `${name}.shop.serviceaccount.identity.linkerd.cluster.local`,
  leaf: { certificate: mill.leaf(name).leaf, intermediates: [] },
  account: { namespace: 'shop', name },
  ...(accountUid !== undefined && { accountUid }),
});

test('the Deployment hears what becomes of the issuer, but for the first', async () => {
  server.put(deployments, { metadata: { namespace: 'linkerd', name: 'linkerd-identity' } });
  const { uid } = server.list(deployments)[0]!.metadata;
  await events.issuer({ kind: 'loaded', note: 'first' });
  await events.issuer({ kind: 'updated', note: 'second' });
  await events.issuer({ kind: 'skipped', note: 'no file' });
  await events.issuer({ kind: 'validation-failed', note: 'no anchor' });
  const on = `on Deployment linkerd/linkerd-identity ${uid}`;
  expect(await told()).toEqual([
    `Normal IssuerUpdated ${on}: second`,
    `Warning IssuerUpdateSkipped ${on}: no file`,
    `Warning IssuerValidationFailed ${on}: no anchor`,
  ]);
  expect(server.requests.filter(({ operation }) => operation === 'get')).toHaveLength(1);
});

test('an event is told of a Deployment that may not be read', async () => {
  server.fail({ on: 'get', answer: { status: 403 } });
  await events.issuer({ kind: 'updated', note: 'second' });
  expect(await told()).toEqual(['Normal IssuerUpdated on Deployment linkerd/linkerd-identity -: second']);
});

test('a ServiceAccount hears of its certificates once, however many', async () => {
  const toWeb = issuedFor('web', 'u1');
  for (let index = 0; index < 1000; index += 1) events.issued(toWeb);
  events.issued(issuedFor('books'));
  const issued = 'Normal IssuedLeafCertificate on ServiceAccount shop';
  expect(await told()).toEqual([
    `${issued}/books -: issued a certificate for books.shop.serviceaccount.identity.linkerd.cluster.local`,
    `${issued}/web u1: issued a certificate for web.shop.serviceaccount.identity.linkerd.cluster.local`,
  ]);
  server.fail({ on: 'write', answer: { status: 403 } });
  events.issued(issuedFor('authors'));
  await events.close();
  expect(errors).toEqual([403]);
});
