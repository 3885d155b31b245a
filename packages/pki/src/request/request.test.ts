import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeName } from '../certificate/names.ts';
import * as write from '../der/write.ts';
import { generatePrivateKey } from '../keys.ts';
import { oids } from '../oids.ts';
import { orFail } from '../testing/authorities.ts';
import {
  altNames,
  buildRequest,
  extension,
  extensionRequest,
  generalName,
  identity,
  ourNames,
  rsaWithSha256,
} from '../testing/build.ts';
import { hasOpenssl, openssl } from '../testing/openssl.ts';
import { whyCsrUnacceptable } from './check.ts';
import { createCsr } from './create.ts';
import { parseCsr } from './parse.ts';

const verdictOf = (der: Uint8Array): string => {
  const request = parseCsr(der);
  if (request.kind === 'invalid') return `unreadable: ${request.reason}`;
  const reason = whyCsrUnacceptable(request.value, identity);
  return reason === undefined ? 'acceptable' : `unacceptable: ${reason}`;
};

const longIdentity = `${'a'.repeat(40)}.${'b'.repeat(40)}.serviceaccount.identity.linkerd.cluster.local`;

test.each([identity, longIdentity])('our own request for %s is acceptable', (name) => {
  const request = orFail(parseCsr(createCsr(name, generatePrivateKey())));
  expect(whyCsrUnacceptable(request, name)).toBeUndefined();
});

test.skipIf(!hasOpenssl)('openssl verifies our request (needs the openssl command)', () => {
  const csr = createCsr(identity, generatePrivateKey());
  const args = ['req', '-in', 'csr.der', '-inform', 'DER', '-verify', '-noout', '-text'];
  const printed = openssl(args, { 'csr.der': csr });
  expect(printed).toMatch(/^0 /);
  expect(printed).toContain('self-signature verify OK');
  expect(printed).toContain(`DNS:${identity}`);
  expect(printed).toMatch(new RegExp(`Subject: CN ?= ?${identity}`));
});

test.skipIf(!hasOpenssl)('we accept what openssl requests (needs the openssl command)', () => {
  const configuration = [
    '[req]',
    'distinguished_name=dn',
    'req_extensions=ext',
    'prompt=no',
    '[dn]',
    `CN=${identity}`,
    '[ext]',
    `subjectAltName=DNS:${identity}`,
    'keyUsage=digitalSignature',
  ].join('\n');
  const args = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'req.cnf'];
  const pem = openssl([...args, '-keyout', 'key.pem'], { 'req.cnf': configuration });
  const base64 = /BEGIN CERTIFICATE REQUEST-----([^-]+)/.exec(pem)?.[1] ?? '';
  expect(verdictOf(Buffer.from(base64, 'base64'))).toBe('acceptable');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const ed25519Request = (): Buffer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const content = write.sequence(
    write.smallInteger(0),
    encodeName(identity),
    publicKey.export({ type: 'spki', format: 'der' }),
    write.explicit(0, extensionRequest(ourNames)),
  );
  const signature = sign(null, content, privateKey);
  return write.sequence(content, write.sequence(write.oid('1.3.101.112')), write.bitString(signature));
};
const attribute = (type: string, text: string) => write.set(write.sequence(write.oid(type), write.utf8String(text)));
const nested = (depth: number): Buffer => (depth === 0 ? write.sequence() : write.sequence(nested(depth - 1)));

test.each([
  ['as it should be', buildRequest(), 'acceptable'],
  ['P-384', buildRequest({ key: p384 }), 'acceptable'],
  ['empty subject', buildRequest({ subject: write.sequence() }), 'acceptable'],
  ['empty common name', buildRequest({ subject: write.sequence(attribute(oids.commonName, '')) }), 'acceptable'],
  [
    'a challenge password beside',
    buildRequest({
      attributes: [
        write.sequence(write.oid('1.2.840.113549.1.9.7'), write.set(write.utf8String('x'))),
        extensionRequest(ourNames),
      ],
    }),
    'acceptable',
  ],
  [
    'a wish to be a CA, which the template ignores',
    buildRequest({ extensions: [ourNames, extension(oids.basicConstraints, write.sequence(write.isTrue))] }),
    'acceptable',
  ],
  [
    'another name',
    buildRequest({ extensions: [altNames(generalName(2, 'api.shop'))] }),
    'unacceptable: it asks for "api.shop"',
  ],
  [
    'two DNS names',
    buildRequest({ extensions: [altNames(generalName(2, identity), generalName(2, identity))] }),
    'unacceptable: it asks for 2 DNS names',
  ],
  ['no extension request', buildRequest({ attributes: [] }), 'unacceptable: it asks for 0 DNS names'],
  ['common name only', buildRequest({ extensions: [] }), 'unacceptable: it asks for 0 DNS names'],
  [
    'NUL in the name',
    buildRequest({ extensions: [altNames(generalName(2, `${identity}\0`))] }),
    'unacceptable: it asks for',
  ],
  [
    'a wildcard',
    buildRequest({ extensions: [altNames(generalName(2, '*.shop'))] }),
    'unacceptable: it asks for "*.shop"',
  ],
  [
    'an e-mail beside',
    buildRequest({ extensions: [altNames(generalName(2, identity), generalName(1, 'a@b'))] }),
    'unacceptable: it asks for 1 e-mail',
  ],
  [
    'an IP address beside',
    buildRequest({ extensions: [altNames(generalName(2, identity), generalName(7, Buffer.alloc(4)))] }),
    'unacceptable: it asks for 1 IP address',
  ],
  [
    'a URI beside',
    buildRequest({ extensions: [altNames(generalName(2, identity), generalName(6, 'spiffe://a/b'))] }),
    'unacceptable: it asks for 1 URI',
  ],
  [
    'a URI alone',
    buildRequest({ extensions: [altNames(generalName(6, 'spiffe://a/b'))] }),
    'unacceptable: it asks for 0 DNS names',
  ],
  [
    'an other name beside',
    buildRequest({ extensions: [altNames(generalName(2, identity), generalName(8, 'x'))] }),
    'unacceptable: it asks for 1 other',
  ],
  ['another common name', buildRequest({ subject: encodeName('root') }), 'unacceptable: its common name is "root"'],
  ['common name with NUL', buildRequest({ subject: encodeName(`${identity}\0`) }), 'unacceptable: its common name is'],
  [
    'two common names',
    buildRequest({ subject: write.sequence(attribute(oids.commonName, identity), attribute(oids.commonName, 'x')) }),
    'unacceptable: its subject holds more',
  ],
  [
    'an organization',
    buildRequest({ subject: write.sequence(attribute(oids.organization, 'system:masters')) }),
    'unacceptable: its subject holds more',
  ],
  ['an RSA key', buildRequest({ key: rsa, algorithm: rsaWithSha256 }), 'unacceptable: its public key is not ECDSA'],
  [
    'an RSA key and an EC signature algorithm',
    buildRequest({ key: rsa }),
    'unreadable: the signature of the request does not verify',
  ],
  ['an Ed25519 key', ed25519Request(), 'unreadable: the signature of the request does not verify'],
  [
    'a signature by another key',
    buildRequest({ signingKey: generatePrivateKey() }),
    'unreadable: the signature of the request does not verify',
  ],
  [
    'algorithm parameters',
    buildRequest({ algorithm: write.sequence(write.oid(oids.ecdsaWithSha256), write.element(5)) }),
    'unreadable: the signature algorithm has unexpected parameters',
  ],
  [
    'SHA-1',
    buildRequest({ algorithm: write.sequence(write.oid('1.2.840.10045.4.1')) }),
    'unreadable: the signature of the request does not verify',
  ],
  ['version 2', buildRequest({ version: write.smallInteger(1) }), 'unreadable: not a PKCS#10 request of version 1'],
  [
    'two extension requests',
    buildRequest({ attributes: [extensionRequest(ourNames), extensionRequest(altNames(generalName(2, 'b')))] }),
    'unreadable: more than one extension request',
  ],
  [
    'two lists in one extension request',
    buildRequest({
      attributes: [
        write.sequence(
          write.oid(oids.extensionRequest),
          write.element(0x31, write.sequence(ourNames), write.sequence(ourNames)),
        ),
      ],
    }),
    'unreadable: the extension request is not one list',
  ],
  ['names twice', buildRequest({ extensions: [ourNames, ourNames] }), 'unreadable: extension 2.5.29.17 occurs twice'],
  [
    '5 kB',
    buildRequest({ extensions: [ourNames, extension('1.2.3', Buffer.alloc(5000))] }),
    'unreadable: larger than 4096 bytes',
  ],
  ['deep nesting', buildRequest({ subject: nested(30) }), 'unreadable: nested too deeply'],
  ['trailing bytes', Buffer.concat([buildRequest(), Buffer.from('x')]), 'unreadable: 1 bytes after the end'],
  ['only its first half', buildRequest().subarray(0, 100), 'unreadable: truncated'],
  ['nothing in it', Buffer.alloc(0), 'unreadable: truncated'],
  ['text in it', Buffer.from('certificate please'), 'unreadable: '],
])('a request with %s', (_name, der, expected) => {
  expect(verdictOf(der)).toContain(expected);
});
