import { KubernetesApi } from '@heddle/k8s';
import { systemClock } from '@heddle/runtime';
import { eventually, FakeClock } from '@heddle/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type ReviewAnswer, reviewWith, TokenReviewServer } from '../testing/token-review-server.ts';
import type { TokenVerdict } from './authenticator.ts';
import { TokenReviewAuthenticator, type TokenReviewOptions } from './token-review-authenticator.ts';

const audience = 'identity.l5d.io';
const token = 'head.body.signature';
const acceptedWithoutUid: TokenVerdict = { kind: 'authenticated', account: { namespace: 'shop', name: 'web' } };
const accepted: TokenVerdict = { kind: 'authenticated', account: { namespace: 'shop', name: 'web' }, accountUid: 'u' };

const authenticatorAt = (
  server: URL,
  options: Partial<TokenReviewOptions> = {},
): { readonly authenticator: TokenReviewAuthenticator; readonly clock: FakeClock } => {
  const clock = new FakeClock();
  const connection = { server, certificateAuthority: undefined, namespace: 'linkerd' };
  const api = new KubernetesApi({ connection, clock: systemClock });
  onTestFinished(() => api.close());
  return { authenticator: new TokenReviewAuthenticator({ api, audience, clock, ...options }), clock };
};

const refused = (reason: string) => ({ kind: 'refused', reason: expect.stringContaining(reason) as string });
const unavailable = (reason: string) => ({ kind: 'unavailable', reason: expect.stringContaining(reason) as string });
const notAccepted = refused('does not accept the token for audience identity.l5d.io');
const notForUs = refused('does not say that the token is for audience identity.l5d.io');
const userOf = (username: string, pod?: unknown): object => ({
  username,
  extra: { 'authentication.kubernetes.io/pod-name': pod },
});
const noReview = unavailable('something that is no TokenReview');
const failure = (status: number): ReviewAnswer => ({ status, body: { kind: 'Status', code: status, message: token } });

test.each<[string, ReviewAnswer, object]>([
  ['a good token', reviewWith({}), accepted],
  ['for two audiences', reviewWith({ audiences: ['vault', audience] }), accepted],
  [
    'with claims of a strange pod',
    reviewWith({ user: userOf('system:serviceaccount:shop:web', 7) }),
    acceptedWithoutUid,
  ],
  ['for another audience', reviewWith({ audiences: ['https://kubernetes.default.svc'] }), notForUs],
  ['for no audience that is told', reviewWith({ audiences: undefined }), notForUs],
  ['for an empty list', reviewWith({ audiences: [] }), notForUs],
  ['for an audience that is text', reviewWith({ audiences: audience }), notForUs],
  ['unauthenticated', reviewWith({ authenticated: false }), notAccepted],
  ['of which nothing is known', reviewWith({ authenticated: undefined }), notAccepted],
  ['authenticated by a word', reviewWith({ authenticated: 'true' }), notAccepted],
  ['authenticated with an error', reviewWith({ error: `${token} is invalid` }), notAccepted],
  ['of a user', reviewWith({ user: userOf('kubernetes-admin') }), refused('is not a service account user')],
  ['of a node', reviewWith({ user: userOf('system:node:worker') }), refused('is not a service account user')],
  ['of nobody', reviewWith({ user: undefined }), refused('is not a service account user')],
  ['answered without a status', { body: { kind: 'TokenReview' } }, noReview],
  ['answered by another kind', { body: { kind: 'Status', status: { authenticated: true } } }, noReview],
  ['answered by a list', { body: [] }, noReview],
  ['answered by nothing', { body: 'null' }, noReview],
  ['answered by a page', { body: '<html>' }, unavailable('the answer is not JSON')],
  ['not allowed to be asked', failure(403), unavailable('it answered 403; the ServiceAccount of identity must be')],
  ['asked with wrong credentials', failure(401), unavailable('it answered 401')],
  ['asked of a sick server', failure(500), unavailable('it answered 500')],
  ['asked too often', failure(429), unavailable('it answered 429')],
])('%s', async (_, answer, expected) => {
  await using server = await TokenReviewServer.start();
  server.answer = answer;
  const verdict = await authenticatorAt(server.url).authenticator.authenticate(token);
  expect(verdict).toEqual(expected);
  expect(JSON.stringify(verdict)).not.toContain(token);
  // Once, whatever the answer: never a second time without the audience.
  expect(server.seen).toEqual([
    {
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences: [audience] } },
    },
  ]);
});

test('no answer is remembered', async () => {
  await using server = await TokenReviewServer.start();
  const { authenticator } = authenticatorAt(server.url);
  server.answer = reviewWith({});
  expect(await authenticator.authenticate(token)).toEqual(accepted);
  server.answer = reviewWith({ authenticated: false });
  expect(await authenticator.authenticate(token)).toEqual(notAccepted);
});

test('a token of any length is not passed on', async () => {
  await using server = await TokenReviewServer.start();
  const { authenticator } = authenticatorAt(server.url);
  expect(await authenticator.authenticate('a'.repeat(20_000))).toEqual(refused('longer than 16384 characters'));
  expect(server.seen).toEqual([]);
});

test('a server that is not there', async () => {
  const server = await TokenReviewServer.start();
  const { authenticator } = authenticatorAt(server.url);
  await server[Symbol.asyncDispose]();
  expect(await authenticator.authenticate(token)).toEqual(unavailable('ECONNREFUSED'));
});

test('a slow server is not waited for, neither by who asked nor by who waits for a turn', async () => {
  await using server = await TokenReviewServer.start();
  const { authenticator, clock } = authenticatorAt(server.url, { timeoutMs: 5_000, slots: { running: 1, waiting: 1 } });
  const verdicts = Promise.all([authenticator.authenticate(token), authenticator.authenticate(token)]);
  await eventually(() => expect(server.seen).toHaveLength(1));
  clock.advance(5_000);
  const late = unavailable('no answer within 5000 ms');
  expect(await verdicts).toEqual([late, late]);
  expect(server.seen).toHaveLength(1);
  server.answer = reviewWith({});
  expect(await authenticator.authenticate(token)).toEqual(accepted);
});

test('only so many are asked at a time, and only so many wait', async () => {
  await using server = await TokenReviewServer.start();
  const { authenticator } = authenticatorAt(server.url, { slots: { running: 2, waiting: 3 } });
  const verdicts = Promise.all(Array.from({ length: 6 }, () => authenticator.authenticate(token)));
  await eventually(() => expect(server.seen).toHaveLength(2));
  server.answer = reviewWith({});
  server.release();
  expect(await verdicts).toEqual([
    ...Array.from({ length: 5 }, () => accepted),
    unavailable('too many tokens wait for the Kubernetes API already'),
  ]);
  expect(server.seen).toHaveLength(5);
});
