import { expect, test } from 'vitest';
import { encodePkcs8Pem } from '../keys.ts';
import { anchor, anchorNamed, issuer, orFail } from '../testing/authorities.ts';
import { bundleDigest, encodePem, parsePemBundle } from './bundle.ts';

const other = anchorNamed('other').certificate;
const both = encodePem([anchor.certificate, other]);

test.each([
  ['two certificates', both],
  [
    'comments between',
    `# first\n${both.replace('-----END CERTIFICATE-----\n', '-----END CERTIFICATE-----\n\nSubject: other\n')}# end`,
  ],
  ['CRLF', both.replaceAll('\n', '\r\n')],
  ['indentation, as in a YAML block', both.replaceAll(/^/gm, '    ')],
])('%s are read in order', (_name, pem) => {
  expect(orFail(parsePemBundle(pem)).map(({ fingerprint }) => fingerprint)).toEqual([
    anchor.certificate.fingerprint,
    other.fingerprint,
  ]);
});

const second = both.indexOf('-----BEGIN', 10);
const damage = (at: number, text: string) => both.slice(0, at) + text + both.slice(at + text.length);

test.each([
  ['nothing', '', 'no BEGIN CERTIFICATE block found'],
  [
    'a private key among them',
    both + encodePkcs8Pem(issuer.key),
    /certificate 3 of 3 \(line 2\d\) is a PRIVATE KEY block, expected CERTIFICATE/,
  ],
  ['a damaged second one', damage(second + 40, 'AAAA'), /^certificate 2 of 2 \(line 1\d\): /],
  ['characters outside of base64', damage(second + 40, '!!!!'), /^line 1\d: the CERTIFICATE block is not base64/],
  ['an end that is missing', both.slice(0, -10), /^line 1\d: BEGIN CERTIFICATE is never closed/],
  ['a begin within', `-----BEGIN CERTIFICATE-----\n${both}`, /^line 1: BEGIN CERTIFICATE is not closed before line 2/],
  ['an end alone', '-----END CERTIFICATE-----', /^line 1: END CERTIFICATE without BEGIN/],
  ['an endless text', 'x'.repeat(2 ** 21), /^larger than/],
  ['too many', encodePem([anchor.certificate]).repeat(300), /^300 certificates, at most 256/],
])('%s: the message names the place', (_name, pem, expected) => {
  expect(parsePemBundle(pem)).toEqual({ kind: 'invalid', reason: expect.stringMatching(expected) });
});

test('the digest names the set, not the text', () => {
  const { certificate } = anchor;
  expect(bundleDigest([certificate, other])).toBe(bundleDigest([other, certificate, other]));
  expect(bundleDigest([certificate])).not.toBe(bundleDigest([other]));
  expect(bundleDigest([certificate])).toMatch(/^[0-9a-f]{64}$/);
});
