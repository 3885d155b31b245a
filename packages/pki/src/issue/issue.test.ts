import { randomBytes, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodePem } from '../certificate/bundle.ts';
import * as write from '../der/write.ts';
import { generatePrivateKey } from '../keys.ts';
import { createCsr } from '../request/create.ts';
import { parseCsr } from '../request/parse.ts';
import { anchor, anchorNamed, issuer, issuerUnder, leafFrom, orFail } from '../testing/authorities.ts';
import { buildRequest, dayMs, identity, nowMs } from '../testing/build.ts';
import { hasOpenssl, openssl } from '../testing/openssl.ts';
import { createIssuer } from './authority.ts';
import { randomSerial } from './certificate.ts';
import { issueLeaf, type LeafOptions } from './leaf.ts';

const options: LeafOptions = { identity, nowMs, lifetimeMs: dayMs, clockSkewMs: 20_000, randomBytes };
const request = orFail(parseCsr(createCsr(identity, generatePrivateKey())));

const opensslVerify = (leafPem: string, untrusted: string): string =>
  openssl(
    [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-attime',
      `${nowMs / 1000}`,
      '-CAfile',
      'a.pem',
      '-untrusted',
      'i.pem',
      'l.pem',
    ],
    { 'a.pem': encodePem([anchor.certificate]), 'i.pem': untrusted, 'l.pem': leafPem },
  );

test.skipIf(!hasOpenssl).each([
  ['with a common name', createCsr(identity, generatePrivateKey())],
  ['with an empty subject', buildRequest({ subject: write.sequence() })],
])('openssl -x509_strict accepts a leaf %s (needs the openssl command)', (_name, csr) => {
  const { certificate, intermediates } = orFail(issueLeaf(issuer, orFail(parseCsr(csr)), options));
  expect(opensslVerify(encodePem([certificate]), encodePem(intermediates))).toBe('0 l.pem: OK\n');
});

test.skipIf(!hasOpenssl)('openssl accepts a leaf two intermediates deep (needs the openssl command)', () => {
  const middle = createIssuer(anchor, { commonName: 'middle', nowMs, lifetimeMs: dayMs, randomBytes });
  // `middle` allows no CA below itself; openssl must see that too.
  const { certificate, intermediates } = leafFrom(issuerUnder(middle, 'deep', 1));
  expect(opensslVerify(encodePem([certificate]), encodePem(intermediates))).toContain(
    'path length constraint exceeded',
  );
});

test('a leaf has the shape of wire section 5.1', () => {
  const { certificate, intermediates } = orFail(issueLeaf(issuer, request, options));
  expect(certificate).toMatchObject({
    subject: `CN=${identity}`,
    issuer: issuer.certificate.subject,
    identity: { kind: 'dns', name: identity },
    isCa: false,
    keyUsage: new Set(['digitalSignature', 'keyEncipherment']),
    extendedKeyUsage: new Set(['serverAuth', 'clientAuth']),
    key: { kind: 'ec', curve: 'P-256' },
    authorityKeyId: issuer.certificate.subjectKeyId,
    notBeforeMs: nowMs - 20_000,
    notAfterMs: nowMs + dayMs + 20_000,
    signed: { algorithm: { kind: 'ecdsa', hash: 'sha256' } },
    unsupportedCritical: [],
  });
  expect(certificate.publicKey.equals(request.publicKey)).toBe(true);
  expect(intermediates).toEqual([issuer.certificate]);
  const oracle = new X509Certificate(certificate.der);
  expect(oracle.verify(issuer.certificate.publicKey)).toBe(true);
  expect(oracle.checkIssued(new X509Certificate(issuer.certificate.der))).toBe(true);
});

test.each([
  ['one hour before the issuer ends', 30 * dayMs - 3_600_000, 30 * dayMs + 20_000],
  ['well before', 0, dayMs + 20_000],
])('a leaf issued %s ends no later than its issuer', (_name, afterMs, expectedMs) => {
  const { certificate } = orFail(issueLeaf(issuer, request, { ...options, nowMs: nowMs + afterMs }));
  expect(certificate.notAfterMs - nowMs).toBe(expectedMs);
  expect(certificate.notAfterMs).toBeLessThanOrEqual(issuer.certificate.notAfterMs);
});

test('a leaf ends no later than an anchor that ends before its issuer', () => {
  const shortAnchor = anchorNamed('short', 1);
  const within = createIssuer(shortAnchor, { commonName: 'i', nowMs, lifetimeMs: 9 * dayMs, randomBytes });
  expect(within.certificate.notAfterMs).toBe(shortAnchor.certificate.notAfterMs);
  const { certificate } = leafFrom({ ...issuer, anchor: shortAnchor.certificate }, identity, 9 * dayMs);
  expect(certificate.notAfterMs).toBe(shortAnchor.certificate.notAfterMs);
});

test.each([
  [
    'an expired issuer',
    { nowMs: nowMs + 31 * dayMs },
    /issuer CN=identity.linkerd.cluster.local is expired at 2026-07-01/,
  ],
  ['an issuer of the future', { nowMs: nowMs - dayMs }, /is not valid before 2026-05-31.*the clock here says/],
  ['a request for another name', { identity: 'api.shop' }, /the request is unacceptable: it asks for/],
])('%s issues nothing', (_name, changed, expected) => {
  expect(issueLeaf(issuer, request, { ...options, ...changed })).toEqual({
    kind: 'invalid',
    reason: expect.stringMatching(expected),
  });
});

test('serial numbers are 128 random bits, positive and never zero', () => {
  const serials = Array.from({ length: 64 }, () => leafFrom(issuer).certificate.serialHex);
  expect(new Set(serials).size).toBe(64);
  expect(Math.max(...serials.map((serial) => serial.length))).toBe(32);
  const allOnes = orFail(issueLeaf(issuer, request, { ...options, randomBytes: (size) => Buffer.alloc(size, 0xff) }));
  expect(BigInt(`0x${allOnes.certificate.serialHex}`)).toBe(2n ** 128n - 1n);
  expect(() => randomSerial((size) => Buffer.alloc(size))).toThrow('no serial number');
  expect(() => randomSerial(() => Buffer.alloc(0))).toThrow('no serial number');
});

test('an anchor that issues leaves itself needs no intermediate', () => {
  expect(leafFrom(anchor).intermediates).toEqual([]);
});
