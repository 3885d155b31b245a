import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as write from '../der/write.ts';
import type { Certificate } from '../model.ts';
import { oids } from '../oids.ts';
import { anchor, issuer, leafFrom, orFail } from '../testing/authorities.ts';
import { altNames, buildLeaf, extension, generalName, identity, nowMs, ourNames, validity } from '../testing/build.ts';
import { parsePemBundle } from './bundle.ts';
import { encodeName } from './names.ts';
import { parseCertificate } from './parse.ts';

const fixture = (name: string): readonly Certificate[] =>
  orFail(parsePemBundle(readFileSync(join(import.meta.dirname, '../testdata', name), 'utf8')));

const wellFormed: readonly (readonly [string, Certificate])[] = [
  ['our anchor', anchor.certificate],
  ['our issuer', issuer.certificate],
  ['our leaf', leafFrom(issuer).certificate],
  ...fixture('openssl-rsa-4096.pem').map((certificate) => [`openssl's ${certificate.subject}`, certificate] as const),
];

test.each(wellFormed)('the facts of %s are those that node:crypto reads', (_name, certificate) => {
  const oracle = new X509Certificate(certificate.der);
  expect({
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: certificate.serialHex.toUpperCase(),
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
    isCa: certificate.isCa,
    fingerprint: certificate.fingerprint,
    names: certificate.identity.kind === 'dns' ? `DNS:${certificate.identity.name}` : undefined,
    purposes: certificate.extendedKeyUsage?.size,
  }).toEqual({
    subject: oracle.subject,
    issuer: oracle.issuer,
    serial: oracle.serialNumber.replace(/^0+/, ''),
    notBeforeMs: oracle.validFromDate.getTime(),
    notAfterMs: oracle.validToDate.getTime(),
    isCa: oracle.ca,
    fingerprint: oracle.fingerprint256.replaceAll(':', '').toLowerCase(),
    names: oracle.subjectAltName,
    purposes: oracle.keyUsage?.length,
  });
  expect(certificate.publicKey.equals(oracle.publicKey)).toBe(true);
});

test('keys are classified', () => {
  expect(fixture('openssl-rsa-2048.pem').map(({ key }) => key)).toEqual([
    { kind: 'ec', curve: 'P-256' },
    { kind: 'ec', curve: 'P-256' },
    { kind: 'rsa', bits: 2048 },
  ]);
  const keyOf = (type: 'ed25519') => generateKeyPairSync(type).publicKey.export({ type: 'spki', format: 'der' });
  expect(orFail(parseCertificate(buildLeaf(issuer, { publicKey: keyOf('ed25519') }))).key.kind).toBe('other');
});

const uri = (text: string) => altNames(generalName(6, text));
const dns = (text: string) => altNames(generalName(2, text));

test.each([
  ['one DNS name', [ourNames], { kind: 'dns', name: identity }],
  ['one SPIFFE ID', [uri('spiffe://example.org/pay/api')], { kind: 'uri', name: 'spiffe://example.org/pay/api' }],
  ['common name only', [], /has no subject alternative name/],
  ['two DNS names', [altNames(generalName(2, identity), generalName(2, 'b.example'))], /has 2 subject/],
  ['DNS name and URI', [altNames(generalName(2, identity), generalName(6, 'spiffe://a/b'))], /has 2 subject/],
  ['DNS name and e-mail', [altNames(generalName(2, identity), generalName(1, 'a@b'))], /has 2 subject/],
  [
    'DNS name and IP address',
    [altNames(generalName(2, identity), generalName(7, Buffer.from([10, 0, 0, 1])))],
    /has 2/,
  ],
  ['e-mail only', [altNames(generalName(1, 'a@b'))], /neither a DNS name nor a URI/],
  ['IP address only', [altNames(generalName(7, Buffer.from([10, 0, 0, 1])))], /neither/],
  [
    'other name',
    [altNames(write.explicit(0, write.oid('1.2.3'), write.explicit(0, write.utf8String('x'))))],
    /neither/,
  ],
  ['NUL in the name', [dns(`${identity}\0.evil.example`)], /\\u0000.*not a lower-case host name/],
  ['wildcard', [dns(`*.${identity}`)], /not a lower-case host name/],
  ['upper case', [dns(identity.toUpperCase())], /not a lower-case host name/],
  ['final dot', [dns(`${identity}.`)], /not a lower-case host name/],
  ['empty name', [dns('')], /not a lower-case host name/],
  ['non-ASCII', [dns('wéb.shop')], /not a lower-case host name/],
  ['label too long', [dns(`${'a'.repeat(64)}.shop`)], /not a lower-case host name/],
  ['name too long', [dns(`${'a.'.repeat(126)}abc`)], /not a lower-case host name/],
  ['http URI', [uri('https://example.org/pay')], /not the SPIFFE ID of a workload/],
  ['trust domain only', [uri('spiffe://example.org')], /not the SPIFFE ID of a workload/],
  ['dot segments', [uri('spiffe://example.org/a/../b')], /not the SPIFFE ID of a workload/],
  ['URI with NUL', [uri('spiffe://example.org/a\0')], /not the SPIFFE ID of a workload/],
])('the identity of a certificate with %s', (_name, extensions, expected) => {
  const found = orFail(parseCertificate(buildLeaf(issuer, { extensions }))).identity;
  if (expected instanceof RegExp) expect(found).toEqual({ kind: 'none', reason: expect.stringMatching(expected) });
  else expect(found).toEqual(expected);
});

const compressed = (): Buffer => {
  const jwk = createPublicKey(leafFrom(issuer).certificate.publicKey.export({ type: 'spki', format: 'pem' })).export({
    format: 'jwk',
  });
  const point = Buffer.concat([Buffer.from([2]), Buffer.from(jwk.x ?? '', 'base64url')]);
  return write.sequence(
    write.sequence(write.oid(oids.ecPublicKey), write.oid('1.2.840.10045.3.1.7')),
    write.bitString(point),
  );
};

const offCurve = write.sequence(
  write.sequence(write.oid(oids.ecPublicKey), write.oid('1.2.840.10045.3.1.7')),
  write.bitString(Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)])),
);

const nested = (depth: number): Buffer => (depth === 0 ? write.sequence() : write.sequence(nested(depth - 1)));

test.each([
  ['version 1', buildLeaf(issuer, { version: undefined }), /not X.509 version 3/],
  ['version 2', buildLeaf(issuer, { version: write.smallInteger(1) }), /not X.509 version 3/],
  [
    'negative serial',
    buildLeaf(issuer, { serial: write.element(2, Buffer.from([0x80])) }),
    /serial number is negative/,
  ],
  [
    'serial of 21 bytes',
    buildLeaf(issuer, { serial: write.integer(Buffer.alloc(21, 1)) }),
    /serial number is negative or too/,
  ],
  [
    'other algorithm inside',
    buildLeaf(issuer, { algorithm: write.sequence(write.oid('1.2.840.10045.4.3.3')) }),
    /algorithms differ/,
  ],
  [
    'an impossible date',
    buildLeaf(issuer, { validity: write.sequence(write.utf8String('now'), write.time(0)) }),
    /not a time/,
  ],
  ['one date', buildLeaf(issuer, { validity: write.sequence(write.time(nowMs)) }), /end of validity is not a time/],
  [
    'a name that is no name',
    buildLeaf(issuer, { subject: write.sequence(write.utf8String('x')) }),
    /the subject has tag/,
  ],
  ['a point off the curve', buildLeaf(issuer, { publicKey: offCurve }), /public key is not usable/],
  ['a compressed point', buildLeaf(issuer, { publicKey: compressed() }), /not in uncompressed form/],
  [
    'an unknown curve',
    buildLeaf(issuer, {
      publicKey: write.sequence(
        write.sequence(write.oid(oids.ecPublicKey), write.oid('1.3.132.0.10')),
        write.bitString(Buffer.alloc(65, 4)),
      ),
    }),
    /curve other than/,
  ],
  ['an extension twice', buildLeaf(issuer, { extensions: [ourNames, ourNames] }), /occurs twice/],
  [
    'bytes after an extension value',
    buildLeaf(issuer, { extensions: [extension(oids.keyUsage, Buffer.from('0303020780', 'hex'))] }),
    /trailing zero bits|after the end/,
  ],
  [
    'a path length on a leaf',
    buildLeaf(issuer, { extensions: [extension(oids.basicConstraints, write.sequence(write.smallInteger(0)))] }),
    /basic constraints of an unknown shape/,
  ],
  ['unique identifiers', buildLeaf(issuer, { tail: [write.implicit(1, Buffer.from([0, 1]))] }), /unexpected fields/],
  ['deep nesting', buildLeaf(issuer, { subject: nested(12) }), /nested too deeply/],
  [
    'deep nesting inside an extension',
    buildLeaf(issuer, { extensions: [extension(oids.subjectAltName, nested(20))] }),
    /nested too deeply/,
  ],
  ['17 kB', buildLeaf(issuer, { subject: encodeName('x'.repeat(17_000)) }), /larger than 16384 bytes/],
  ['trailing bytes', Buffer.concat([buildLeaf(issuer), Buffer.from([0])]), /1 bytes after the end/],
  ['nothing', Buffer.alloc(0), /truncated/],
  ['PEM', Buffer.from('-----BEGIN CERTIFICATE-----'), /tag|truncated|bytes after/],
])('a certificate with %s is refused', (_name, der, expected) => {
  expect(parseCertificate(der)).toEqual({ kind: 'invalid', reason: expect.stringMatching(expected) });
});

test('the result is independent of the bytes it was read from', () => {
  const der = buildLeaf(issuer, { validity: validity(nowMs, nowMs + 1000) });
  const certificate = orFail(parseCertificate(der));
  der.fill(0);
  expect(certificate.der.equals(der)).toBe(false);
  expect(certificate.signed.bytes.every((byte) => byte === 0)).toBe(false);
});

test('critical extensions that are not understood are named, name constraints even when not critical', () => {
  const extensions = [
    ourNames,
    extension('1.2.3.4', write.sequence(), true),
    extension('1.2.3.5', write.sequence()),
    extension(oids.nameConstraints, write.sequence()),
  ];
  expect(orFail(parseCertificate(buildLeaf(issuer, { extensions }))).unsupportedCritical).toEqual([
    '1.2.3.4',
    oids.nameConstraints,
  ]);
});
