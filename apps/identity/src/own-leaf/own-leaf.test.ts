import { WatchCell } from '@heddle/runtime';
import { createCertificateMill, FakeClock } from '@heddle/testkit';
import { expect, onTestFinished, test } from 'vitest';
import type { IssuerState } from '../issuer/issuer-source.ts';
import { logLines } from '../testing/log-lines.ts';
import { createOwnCredentials, type OwnLeafOptions, renewOwnCredentials } from './own-leaf.ts';

const nowMs = Date.UTC(2026, 5, 1);
const hourMs = 3_600_000;
const mill = createCertificateMill({ nowMs });

const stateOf = (issuer = mill.issuer, trustAnchors = mill.trustAnchors): IssuerState => ({
  kind: 'ready',
  issuer: { ...issuer, anchor: mill.anchor.certificate },
  trustAnchors,
  notAfterMs: issuer.certificate.notAfterMs,
});

const start = async (initial: IssuerState) => {
  const clock = new FakeClock(nowMs);
  const issuer = new WatchCell<IssuerState>(initial);
  const { log, lines } = logLines();
  const identity = 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local';
  const options: OwnLeafOptions = { identity, issuer, lifetimeMs: 24 * hourMs, clockSkewMs: 0, clock, log };
  const abort = new AbortController();
  const cell = await createOwnCredentials(options, abort.signal);
  const renewing = renewOwnCredentials(cell, options, abort.signal);
  onTestFinished(async () => {
    abort.abort();
    await renewing;
  });
  const serial = (): string | undefined => cell.value.credentials?.leaf.serialHex;
  return { clock, issuer, cell, serial, lines, identity };
};

test('the first leaf is there at once, and renewed with a new key after 70 % of its life', async () => {
  const { clock, cell, serial, identity } = await start(stateOf());
  const first = cell.value.credentials;
  expect(first).toMatchObject({ identity, leaf: { notAfterMs: nowMs + 24 * hourMs } });
  await clock.advanceAsync(16.7 * hourMs);
  expect(serial()).toBe(first?.leaf.serialHex);
  await clock.advanceAsync(0.2 * hourMs);
  expect(serial()).not.toBe(first?.leaf.serialHex);
  expect(cell.value.credentials?.key.equals(first?.key ?? mill.issuer.key)).toBe(false);
});

test('a new issuer and new anchors are used at once', async () => {
  const { clock, issuer, cell } = await start(stateOf());
  const renewed = mill.anotherIssuer();
  const anchors = [...mill.trustAnchors, createCertificateMill({ nowMs }).anchor.certificate];
  issuer.set(stateOf(renewed, anchors));
  await clock.advanceAsync(0);
  expect(cell.value.credentials?.intermediates[0]?.serialHex).toBe(renewed.certificate.serialHex);
  expect(cell.value.trustAnchors).toBe(anchors);
});

test('a clock that is set forward is noticed within a minute', async () => {
  const { clock, serial } = await start(stateOf());
  const first = serial();
  clock.setWall(nowMs + 20 * hourMs);
  await clock.advanceAsync(60_000);
  expect(serial()).not.toBe(first);
});

test('an expired issuer leaves the old leaf, says so, and the next issuer is used', async () => {
  const { clock, issuer, serial, lines } = await start(stateOf(mill.anotherIssuer({ lifetimeMs: hourMs })));
  clock.setWall(nowMs + 2 * hourMs);
  await clock.advanceAsync(60_000);
  const stale = serial();
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'no certificate for identity itself' }));
  issuer.set(stateOf());
  await clock.advanceAsync(0);
  expect(serial()).not.toBe(stale);
});

test('it waits for the first issuer, and stops waiting when told to', async () => {
  const issuer = new WatchCell<IssuerState>({ kind: 'waiting', reason: 'none' });
  const { log } = logLines();
  const options = { identity: 'a.b', issuer, lifetimeMs: hourMs, clockSkewMs: 0, clock: new FakeClock(nowMs), log };
  const abort = new AbortController();
  const stopped = createOwnCredentials(options, abort.signal);
  const made = createOwnCredentials(options, new AbortController().signal);
  abort.abort();
  await expect(stopped).rejects.toThrow('stopped before');
  issuer.set(stateOf());
  expect((await made).value.credentials?.identity).toBe('a.b');
});
