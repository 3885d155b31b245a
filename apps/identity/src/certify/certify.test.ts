import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createCsr, generatePrivateKey, parseCertificate, verifyChain } from '@heddle/pki';
import { WatchCell } from '@heddle/runtime';
import { createCertificateMill, FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import type { IssuerState } from '../issuer/issuer-source.ts';
import type { TokenVerdict } from '../tokens/authenticator.ts';
import { type CertifyDeps, type CertifyRequest, certify } from './certify.ts';

const nowMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const mill = createCertificateMill({ nowMs });
const web = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const api = 'api.shop.serviceaccount.identity.linkerd.cluster.local';
const key = generatePrivateKey();
const good: CertifyRequest = { identity: web, token: Buffer.from('token'), csr: createCsr(web, key) };
const authenticated: TokenVerdict = { kind: 'authenticated', account: { namespace: 'shop', name: 'web' } };

const ready: IssuerState = {
  kind: 'ready',
  issuer: { ...mill.issuer, anchor: mill.anchor.certificate },
  trustAnchors: mill.trustAnchors,
  notAfterMs: mill.issuer.certificate.notAfterMs,
};

interface Situation {
  readonly verdict?: TokenVerdict;
  readonly issuer?: IssuerState;
  readonly atMs?: number;
  readonly seenTokens?: string[];
}

const deps = ({ verdict = authenticated, issuer = ready, atMs = nowMs, seenTokens }: Situation): CertifyDeps => ({
  authenticator: {
    authenticate: (token) => {
      seenTokens?.push(token);
      return Promise.resolve(verdict);
    },
  },
  issuer: new WatchCell(issuer),
  domain: { controlPlaneNamespace: 'linkerd', trustDomain: 'cluster.local' },
  lifetimeMs: dayMs,
  clockSkewMs: 20_000,
  clock: new FakeClock(atMs),
  randomBytes,
});

test('a good request gets a leaf for the identity of its token', async () => {
  const outcome = await certify(good, deps({}));
  if (outcome.kind === 'refused') throw new Error(outcome.detail);
  const { certificate, intermediates } = outcome.leaf;
  expect(outcome.identity).toBe(web);
  expect(certificate.notAfterMs).toBe(nowMs + dayMs + 20_000);
  expect(
    verifyChain(certificate, intermediates, mill.trustAnchors, { nowMs, purpose: 'serverAuth', identity: web }).kind,
  ).toBe('ok');
});

const rsaCsr = (): Buffer => {
  // Signed with the wrong algorithm for its key, as our writer only knows ECDSA: unreadable is refused just as well.
  return createCsr(web, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
};

const longName = 'a'.repeat(64);

test.each([
  ['no identity', { identity: '' }, {}, 'missing-identity', 'identity is missing'],
  ['no token', { token: Buffer.alloc(0) }, {}, 'missing-token', 'token is missing'],
  ['a token of blanks', { token: Buffer.from(' \n') }, {}, 'missing-token', 'token is missing'],
  ['no CSR', { csr: Buffer.alloc(0) }, {}, 'missing-csr', 'certificate_signing_request is missing'],
  ['a garbage CSR', { csr: Buffer.from('please') }, {}, 'invalid-csr', 'certificate_signing_request: '],
  ['an RSA key under an ECDSA signature', { csr: rsaCsr() }, {}, 'invalid-csr', 'does not verify with its own key'],
  [
    'a CSR for somebody else',
    { csr: createCsr(api, key) },
    {},
    'unacceptable-csr',
    `the CSR is unacceptable: it asks for "${api}"`,
  ],
  [
    'a name for somebody else',
    { identity: api, csr: createCsr(api, key) },
    {},
    'identity-mismatch',
    `the token is for ${web}`,
  ],
  ['a name with another spelling', { identity: web.toUpperCase() }, {}, 'unacceptable-csr', 'the CSR is unacceptable'],
  ['a token that is refused', {}, { verdict: { kind: 'refused', reason: 'expired' } }, 'token-refused', 'expired'],
  [
    'keys that are not loaded',
    {},
    { verdict: { kind: 'unavailable', reason: 'keys' } },
    'token-check-unavailable',
    'keys',
  ],
  [
    'no issuer',
    {},
    { issuer: { kind: 'waiting', reason: '/secret/path is missing' } },
    'issuer-unavailable',
    'the issuer is not loaded',
  ],
  ['an expired issuer', {}, { atMs: nowMs + 400 * dayMs }, 'issuer-unavailable', 'expired at'],
  ['a clock before the issuer', {}, { atMs: nowMs - dayMs }, 'issuer-unavailable', 'the clock here says'],
  [
    'a ServiceAccount whose name is too long',
    {
      identity: `${longName}.shop.serviceaccount.identity.linkerd.cluster.local`,
      csr: createCsr(`${longName}.shop.serviceaccount.identity.linkerd.cluster.local`, key),
    },
    { verdict: { kind: 'authenticated', account: { namespace: 'shop', name: longName } } },
    'identity-mismatch',
    'too long for a DNS name',
  ],
] as const)('%s: %s', async (_name, changed, situation, reason, detail) => {
  const outcome = await certify({ ...good, ...changed }, deps(situation));
  expect(outcome).toEqual({ kind: 'refused', reason, detail: expect.stringContaining(detail) });
});

test('a request that is bad in itself costs no look at its token', async () => {
  const seenTokens: string[] = [];
  await certify({ ...good, csr: createCsr(api, key) }, deps({ seenTokens }));
  expect(seenTokens).toEqual([]);
  await certify({ ...good, token: Buffer.from(' token\n') }, deps({ seenTokens }));
  expect(seenTokens).toEqual(['token']);
});

test('a leaf never outlives its issuer', async () => {
  const atMs = mill.issuer.certificate.notAfterMs - 3_600_000;
  const outcome = await certify(good, deps({ atMs }));
  const notAfterMs = outcome.kind === 'issued' ? outcome.leaf.certificate.notAfterMs : 0;
  expect(notAfterMs).toBe(mill.issuer.certificate.notAfterMs);
});

test('what is issued parses back to what was said', async () => {
  const outcome = await certify(good, deps({}));
  const der = outcome.kind === 'issued' ? outcome.leaf.certificate.der : Buffer.alloc(0);
  const parsed = parseCertificate(der);
  expect(parsed.kind === 'ok' && parsed.value.identity).toEqual({ kind: 'dns', name: web });
});
