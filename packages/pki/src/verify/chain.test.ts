import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePemBundle } from '../certificate/bundle.ts';
import { encodeExtendedKeyUsage, encodeKeyUsage } from '../certificate/extensions.ts';
import { parseCertificate } from '../certificate/parse.ts';
import * as write from '../der/write.ts';
import type { Authority, Certificate } from '../model.ts';
import { oids } from '../oids.ts';
import { anchor, anchorNamed, anchors, issuer, issuerUnder, leafFrom, orFail } from '../testing/authorities.ts';
import {
  altNames,
  buildLeaf,
  type CertificateParts,
  dayMs,
  extension,
  generalName,
  identity,
  nowMs,
  ourNames,
} from '../testing/build.ts';
import { type ChainExpectation, verifyChain } from './chain.ts';

const expected: ChainExpectation = { nowMs, purpose: 'serverAuth' };
const leaf = leafFrom(issuer);
const built = (parts: CertificateParts, from: Authority = issuer) => orFail(parseCertificate(buildLeaf(from, parts)));

const verdictOf = (
  certificate: Certificate,
  intermediates: readonly Certificate[],
  trusted: readonly Certificate[] = anchors,
  changed: Partial<ChainExpectation> = {},
): string => {
  const result = verifyChain(certificate, intermediates, trusted, { ...expected, ...changed });
  return result.kind === 'ok' ? `ok ${result.value.path.length}` : result.reason;
};

test('a chain of leaf, issuer and anchor holds, and ends when the first of them does', () => {
  const result = verifyChain(leaf.certificate, leaf.intermediates, anchors, { ...expected, identity });
  expect(result).toEqual({
    kind: 'ok',
    value: {
      identity,
      path: [leaf.certificate, issuer.certificate, anchor.certificate],
      notAfterMs: leaf.certificate.notAfterMs,
    },
  });
});

const renewed = issuerUnder(anchor, 'identity.linkerd.cluster.local');
const foreign = anchorNamed('root.linkerd.cluster.local');

test.each([
  [
    'in any order, with strangers among them',
    [renewed.certificate, foreign.certificate, issuer.certificate],
    anchors,
    'ok 3',
  ],
  ['with several anchors of one name', leaf.intermediates, [foreign.certificate, ...anchors], 'ok 3'],
  ['with the anchor among the intermediates', [issuer.certificate, anchor.certificate], anchors, 'ok 3'],
  ['with the issuer as the anchor', [], [issuer.certificate], 'ok 2'],
  [
    'without the intermediate',
    [],
    anchors,
    'no way to a trust anchor: no certificate of its issuer CN=identity.linkerd',
  ],
  ['with another issuer of the same name', [renewed.certificate], anchors, 'no certificate of its issuer'],
  ['without anchors', leaf.intermediates, [], 'no certificate of its issuer CN=root'],
  [
    'with the anchor of another mesh',
    leaf.intermediates,
    [foreign.certificate],
    'no certificate of its issuer CN=root',
  ],
  [
    'with its own anchor beside',
    [issuer.certificate, anchor.certificate],
    [foreign.certificate],
    'no way to a trust anchor',
  ],
  [
    'with nine intermediates',
    Array.from({ length: 9 }, () => issuer.certificate),
    anchors,
    '9 intermediate certificates, at most 8',
  ],
])('a leaf %s', (_name, intermediates, trusted, verdict) => {
  expect(verdictOf(leaf.certificate, intermediates, trusted)).toContain(verdict);
});

test.each([
  ['right', { identity }, 'ok'],
  ['another identity', { identity: 'api.shop' }, `is for "${identity}", expected "api.shop"`],
  ['after its end', { nowMs: nowMs + 2 * dayMs }, 'the certificate is expired at 2026-06-02'],
  ['before its begin', { nowMs: nowMs - dayMs }, 'the certificate is not valid before 2026-05-31'],
] as const)('expectation %s', (_name, changed, verdict) => {
  expect(verdictOf(leaf.certificate, leaf.intermediates, anchors, changed)).toContain(verdict);
});

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

test.each([
  [
    'two names',
    { extensions: [altNames(generalName(2, identity), generalName(2, 'b'))] },
    'names nobody: it has 2 subject',
  ],
  ['common name only', { extensions: [] }, 'names nobody: it has no subject alternative name'],
  ['NUL in its name', { extensions: [altNames(generalName(2, `${identity}\0.b`))] }, 'names nobody'],
  [
    'a CA flag',
    { extensions: [ourNames, extension(oids.basicConstraints, write.sequence(write.isTrue))] },
    'is a CA, expected a leaf',
  ],
  [
    'client authentication only',
    { extensions: [ourNames, encodeExtendedKeyUsage(['clientAuth'])] },
    'may not be used for serverAuth',
  ],
  [
    'some other purpose only',
    { extensions: [ourNames, extension(oids.extendedKeyUsage, write.sequence(write.oid('1.3.6.1.5.5.7.3.9')))] },
    'may not be used for serverAuth',
  ],
  [
    'key encipherment only',
    { extensions: [ourNames, encodeKeyUsage(['keyEncipherment'])] },
    'may not be used for digital signatures',
  ],
  [
    'an unknown critical extension',
    { extensions: [ourNames, extension('1.2.3.4', write.sequence(), true)] },
    'extension 1.2.3.4, which is not supported',
  ],
  [
    'an RSA key',
    { publicKey: spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey) },
    'has a key that is not ECDSA',
  ],
  ['an Ed25519 key', { publicKey: spki(generateKeyPairSync('ed25519').publicKey) }, 'has a key that is not ECDSA'],
  ['no usage extensions at all', { extensions: [ourNames] }, 'ok'],
])('a leaf with %s', (_name, parts, verdict) => {
  expect(verdictOf(built(parts), [issuer.certificate])).toContain(verdict);
});

test('a client certificate must allow client authentication', () => {
  const server = built({ extensions: [ourNames, encodeExtendedKeyUsage(['serverAuth'])] });
  expect(verdictOf(server, [issuer.certificate])).toContain('ok');
  expect(verdictOf(server, [issuer.certificate], anchors, { purpose: 'clientAuth' })).toContain(
    'not be used for clientAuth',
  );
});

/** A certificate under the anchor that bears the issuer's name and key, with its own extensions. */
const intermediateWith = (extensions: readonly Buffer[]): Certificate =>
  built({ subject: issuer.certificate.subjectDer, publicKey: spki(issuer.certificate.publicKey), extensions }, anchor);

const isCa = extension(oids.basicConstraints, write.sequence(write.isTrue), true);

test.each([
  ['as it should be', [isCa], 'ok 3'],
  ['no CA', [], 'intermediate CN=identity.linkerd.cluster.local is not a CA'],
  ['no right to sign certificates', [isCa, encodeKeyUsage(['digitalSignature'])], 'may not sign certificates'],
  ['client authentication only', [isCa, encodeExtendedKeyUsage(['clientAuth'])], 'may not be used for serverAuth'],
  [
    'name constraints',
    [isCa, extension(oids.nameConstraints, write.sequence())],
    'extension 2.5.29.30, which is not supported',
  ],
])('an intermediate with %s', (_name, extensions, verdict) => {
  expect(verdictOf(leaf.certificate, [intermediateWith(extensions)])).toContain(verdict);
});

test('a signature that does not verify is said to be by somebody else', () => {
  const forged = { ...leaf.certificate, signed: { ...leaf.certificate.signed, signature: Buffer.alloc(70) } };
  expect(verdictOf(forged, leaf.intermediates)).toContain('did not sign it');
  const weak = { ...leaf.certificate.signed, algorithm: { kind: 'other', oid: '1.2.840.10045.4.1' } } as const;
  expect(verdictOf({ ...leaf.certificate, signed: weak }, leaf.intermediates)).toContain('did not sign it');
});

test('expiry of the issuer or the anchor ends the chain', () => {
  const short = issuerUnder(anchor, 'short', 1);
  const long = { ...short, certificate: { ...short.certificate, notAfterMs: nowMs + 90 * dayMs } };
  const outliving = leafFrom(long, identity, 30 * dayMs).certificate;
  const later = { nowMs: nowMs + 2 * dayMs };
  expect(verdictOf(outliving, [short.certificate], anchors, later)).toContain('intermediate CN=short is expired');
  const oldAnchor = { ...anchor.certificate, notAfterMs: nowMs - 1 };
  expect(verdictOf(leaf.certificate, leaf.intermediates, [oldAnchor])).toContain(
    'trust anchor CN=root.linkerd.cluster.local is expired',
  );
});

test('path length and depth are bounded', () => {
  const wide = (parent: Authority, name: string): Authority => {
    const next = issuerUnder(parent, name);
    return { ...next, certificate: { ...next.certificate, pathLength: undefined } };
  };
  const a = issuerUnder(anchor, 'a');
  const below = leafFrom(issuerUnder(a, 'b'));
  expect(verdictOf(below.certificate, below.intermediates)).toContain('allows 0 CA(s) below itself, there are 1');
  let authority = anchor;
  for (const name of ['1', '2', '3']) authority = wide(authority, name);
  const four = leafFrom(authority);
  expect(verdictOf(four.certificate, four.intermediates)).toBe('ok 5');
  const five = leafFrom(wide(authority, '4'));
  expect(verdictOf(five.certificate, five.intermediates)).toContain('no way to a trust anchor');
});

test('certificates that sign each other in a circle end the search', () => {
  const [left, right] = [anchorNamed('left'), anchorNamed('right')];
  const under = (parent: Authority, { certificate }: Authority): Certificate =>
    built({ subject: certificate.subjectDer, publicKey: spki(certificate.publicKey), extensions: [isCa] }, parent);
  const circle = [under(left, right), under(right, left)];
  expect(verdictOf(leafFrom(left).certificate, circle)).toContain('no way to a trust anchor');
  expect(verdictOf(leafFrom(left).certificate, circle, [right.certificate])).toBe('ok 3');
});

test.each([
  ['2048', 'ok 3'],
  ['3072', 'has a key that is neither ECDSA P-256 nor RSA of 2048 or 4096 bits'],
  ['4096', 'ok 3'],
])('an RSA anchor of %s bits, made by openssl: %s', (bits, verdict) => {
  const pem = readFileSync(join(import.meta.dirname, '../testdata', `openssl-rsa-${bits}.pem`), 'utf8');
  const [certificate, ...above] = orFail(parsePemBundle(pem));
  if (certificate === undefined) throw new Error('the fixture is empty');
  const atMs = certificate.notBeforeMs + dayMs;
  expect(verdictOf(certificate, above.slice(0, 1), above.slice(1), { nowMs: atMs, identity })).toContain(verdict);
});
