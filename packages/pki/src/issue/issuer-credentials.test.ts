import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodePem } from '../certificate/bundle.ts';
import { encodePkcs8Pem, generatePrivateKey } from '../keys.ts';
import type { Authority } from '../model.ts';
import { anchor, anchorNamed, anchors, issuer, issuerUnder, leafFrom, orFail } from '../testing/authorities.ts';
import { dayMs, nowMs } from '../testing/build.ts';
import { parseAuthority, validateIssuer } from './issuer-credentials.ts';

const read = ({ certificate, intermediates, key }: Authority): Authority =>
  orFail(parseAuthority(encodePem([certificate, ...intermediates]), encodePkcs8Pem(key)));

test('an issuer read from files may issue, and learns its anchor', () => {
  const validation = validateIssuer(read(issuer), anchors, nowMs);
  expect(validation).toMatchObject({ kind: 'ok', notAfterMs: issuer.certificate.notAfterMs });
  expect(validation.kind === 'ok' && validation.value.anchor).toBe(anchor.certificate);
});

test('a certificate bundle that ends in the anchor, as cert-manager writes it, sends no anchor to peers', () => {
  const withAnchor = { ...issuer, intermediates: [anchor.certificate] };
  const validation = validateIssuer(read(withAnchor), anchors, nowMs);
  expect(validation.kind === 'ok' && validation.value.intermediates).toEqual([]);
});

test('an anchor may issue itself', () => {
  expect(validateIssuer(read(anchor), anchors, nowMs).kind).toBe('ok');
});

const { certificate: leaf, intermediates } = leafFrom(issuer);
const otherKey = generatePrivateKey();
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;

test.each([
  ['another key', { ...issuer, key: otherKey }, nowMs, [/key does not belong/]],
  ['a key of another curve', { ...issuer, key: p384 }, nowMs, [/key does not belong/]],
  [
    'a leaf',
    { certificate: leaf, intermediates, key: issuer.key, anchor: undefined },
    nowMs,
    [/key does not belong/, /not a CA/, /may not sign/],
  ],
  [
    'a foreign anchor',
    issuerUnder(anchorNamed('root.linkerd.cluster.local'), 'i'),
    nowMs,
    [/no way to a trust anchor/],
  ],
  ['an expired issuer', issuer, nowMs + 40 * dayMs, [/is expired at .* the clock here says/]],
  [
    'a clock that is behind',
    issuer,
    nowMs - 40 * dayMs,
    [/is not valid before/, /no way to a trust anchor: trust anchor .* not valid before/],
  ],
])('%s may not issue', (_name, authority, atMs, expected) => {
  const validation = validateIssuer(authority, anchors, atMs);
  expect(validation).toEqual({ kind: 'invalid', reasons: expected.map((reason) => expect.stringMatching(reason)) });
});

test.each([
  ['no certificate', '', encodePkcs8Pem(issuer.key), /issuer certificate: no BEGIN CERTIFICATE/],
  [
    'a key in place of the certificate',
    encodePkcs8Pem(issuer.key),
    encodePkcs8Pem(issuer.key),
    /issuer certificate: certificate 1 of 1 \(line 1\) is a PRIVATE KEY block/,
  ],
  ['no key', encodePem(anchors), '', /issuer key: 0 private keys found/],
  ['two keys', encodePem(anchors), encodePkcs8Pem(issuer.key).repeat(2), /issuer key: 2 private keys found/],
  [
    'an encrypted key',
    encodePem(anchors),
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
    /ENCRYPTED PRIVATE KEY is not supported; give the key unencrypted/,
  ],
  ['half a key', encodePem(anchors), encodePkcs8Pem(issuer.key).slice(0, 80), /never closed/],
])('%s in the files', (_name, certificates, key, expected) => {
  expect(parseAuthority(certificates, key)).toEqual({ kind: 'invalid', reason: expect.stringMatching(expected) });
});
