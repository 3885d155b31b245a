import { rm } from 'node:fs/promises';
import type { Authority } from '@heddle/pki';
import { encodePem, encodePkcs8Pem } from '@heddle/pki';
import { createCertificateMill, FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogLines, logLines } from '../testing/log-lines.ts';
import { IssuerSource } from './issuer-source.ts';

const nowMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const mill = createCertificateMill({ nowMs });
const foreign = createCertificateMill({ nowMs });
const renewed = mill.anotherIssuer();
const brief = mill.anotherIssuer({ lifetimeMs: dayMs / 2 });
const future = mill.anotherIssuer({ nowMs: nowMs + dayMs });

let dir: TemporaryDirectory;
let clock: FakeClock;
let logged: LogLines;
let outcomes: string[];
let source: IssuerSource;

beforeEach(async () => {
  dir = await TemporaryDirectory.create();
  clock = new FakeClock(nowMs);
  logged = logLines();
  outcomes = [];
  source = new IssuerSource({
    issuerDir: dir.path,
    trustAnchorsFile: dir.file('ca.crt'),
    clock,
    log: logged.log,
    issuanceLifetimeMs: dayMs,
    onOutcome: ({ kind }) => outcomes.push(kind),
  });
  await dir.write('ca.crt', mill.trustAnchorsPem);
});

afterEach(() => dir[Symbol.asyncDispose]());

const write = async (
  { certificate, intermediates, key }: Authority,
  names: readonly [string, string] = ['crt.pem', 'key.pem'],
): Promise<void> => {
  await dir.write(names[0], encodePem([certificate, ...intermediates]));
  await dir.write(names[1], encodePkcs8Pem(key));
};

const inForce = (): string | undefined => {
  const { value } = source.state;
  return value.kind === 'ready' ? value.issuer.certificate.serialHex : undefined;
};

const told = (): readonly unknown[] => logged.lines.map(({ event, reason }) => reason ?? event);

test.each([[['crt.pem', 'key.pem']], [['tls.crt', 'tls.key']]] as const)(
  'an issuer in %s is taken into use',
  async (names) => {
    await write(mill.issuer, names);
    await source.read();
    expect(inForce()).toBe(mill.issuer.certificate.serialHex);
    expect(outcomes).toEqual(['loaded']);
    expect(source.state.value).toMatchObject({ kind: 'ready', notAfterMs: mill.issuer.certificate.notAfterMs });
  },
);

test('a new issuer replaces the old one; the same one again changes nothing', async () => {
  await write(mill.issuer);
  await source.read();
  const before = source.state.value;
  await source.read();
  expect(source.state.value).toBe(before);
  await write(renewed);
  await source.read();
  expect(inForce()).toBe(renewed.certificate.serialHex);
  expect(outcomes).toEqual(['loaded', 'updated']);
});

test.each([
  ['is of a foreign anchor', () => write(foreign.issuer), 'validation-failed', /no way to a trust anchor/],
  ['has another key', () => write({ ...renewed, key: foreign.issuer.key }), 'validation-failed', /key does not belong/],
  [
    'is not valid yet',
    () => write(future),
    'validation-failed',
    /not valid before 2026-06-01T23:59:00.*the clock here says/,
  ],
  [
    'is a leaf',
    () => {
      const { leaf, intermediates, key } = mill.leaf('a.b');
      return write({ certificate: leaf, intermediates, key, anchor: undefined });
    },
    'validation-failed',
    /not a CA/,
  ],
  [
    'is garbage',
    () => dir.write('crt.pem', 'garbage'),
    'validation-failed',
    /issuer certificate: no BEGIN CERTIFICATE/,
  ],
  [
    'is half written',
    () => dir.write('crt.pem', encodePem([renewed.certificate]).slice(0, 300)),
    'validation-failed',
    /never closed/,
  ],
  ['lost its key', () => rm(dir.file('key.pem')), 'skipped', /key.pem is missing or cannot be read/],
  [
    'is there twice',
    () => write(renewed, ['tls.crt', 'tls.key']),
    'skipped',
    /holds both crt.pem\/key.pem and tls.crt\/tls.key/,
  ],
  ['lost its anchors', () => rm(dir.file('ca.crt')), 'skipped', /trust anchors: ENOENT/],
  [
    'has anchors of another mesh',
    () => dir.write('ca.crt', foreign.trustAnchorsPem),
    'validation-failed',
    /no way to a trust anchor/,
  ],
  [
    'has anchors that are garbage',
    () => dir.write('ca.crt', 'x'),
    'validation-failed',
    /trust anchors in .*ca.crt: no BEGIN/,
  ],
])('an issuer that %s leaves the old one in force, told once', async (_name, damage, outcome, reason) => {
  await write(mill.issuer);
  await source.read();
  await damage();
  await source.read();
  clock.advance(1000);
  await source.read();
  expect(inForce()).toBe(mill.issuer.certificate.serialHex);
  expect(outcomes).toEqual(['loaded', outcome]);
  expect(told()).toEqual(['IssuerUpdated', expect.stringMatching(reason)]);
});

test('without a good issuer it waits, saying why, and goes on when one comes', async () => {
  await source.read();
  expect(source.state.value).toEqual({
    kind: 'waiting',
    reason: expect.stringContaining('holds neither crt.pem and key.pem nor'),
  });
  await write(future);
  await source.read();
  expect(source.state.value).toEqual({ kind: 'waiting', reason: expect.stringContaining('not valid before') });
  // The same files become good with time.
  clock.advance(2 * dayMs);
  await source.read();
  expect(inForce()).toBe(future.certificate.serialHex);
});

test('an issuer near its end is announced once, its end again, and it stays in force for want of a better one', async () => {
  await write(brief);
  await source.read();
  await source.read();
  clock.advance(dayMs);
  await source.read();
  await source.read();
  expect(logged.lines.map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
    'info issuer loaded',
    'warn the issuer ends soon: certificates are cut short; renew it',
    'error the issuer has expired: no certificate can be issued; renew it',
  ]);
  expect(inForce()).toBe(brief.certificate.serialHex);
});

test('an anchor that is added is taken into use with the same issuer', async () => {
  await write(mill.issuer);
  await source.read();
  await dir.write('ca.crt', mill.trustAnchorsPem + foreign.trustAnchorsPem);
  await source.read();
  const { value } = source.state;
  expect(value.kind === 'ready' && value.trustAnchors).toHaveLength(2);
});
