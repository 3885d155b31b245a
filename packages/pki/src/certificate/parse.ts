/** DER to `Certificate` (RFC 5280 section 4.1): structure and single values are checked, trust and time are not. */
import { createHash } from 'node:crypto';
import { Malformed, parsing } from '../der/malformed.ts';
import { contextTag, type DerElement, readDer, tags } from '../der/read.ts';
import { childrenOf, integerBytesOf, smallIntegerOf, timeOf } from '../der/values.ts';
import type { Certificate, Parsed } from '../model.ts';
import { readExtensions } from './extensions.ts';
import { identityOf } from './identity.ts';
import { nameAttributesOf, nameText } from './names.ts';
import { readPublicKey } from './public-key.ts';
import { readSigned } from './signature.ts';

/** Far above any certificate of a mesh, far below what could hurt. */
const limits = { maxBytes: 16 * 1024, maxDepth: 10 };

/**
 * Reads one X.509 version 3 certificate. The input is bounded to 16 kB and depth 10 before anything is looked at; the
 * result holds no reference to it. `invalid` says which part is wrong.
 */
export const parseCertificate = (der: Uint8Array): Parsed<Certificate> =>
  parsing(() => readCertificate(Buffer.from(der)));

const readCertificate = (der: Buffer): Certificate => {
  const signed = readSigned(readDer(der, limits), 'the certificate');
  const fields = [...childrenOf(signed.content, tags.sequence, 'the certificate content')];
  readVersion(fields.shift());
  const serial = integerBytesOf(fields.shift(), 'the serial number');
  if (serial.length > 20 || (serial[0] ?? 0) >= 0x80) throw new Malformed('the serial number is negative or too long');
  // RFC 5280 section 4.1.1.2: both mentions of the algorithm must agree, since only the inner one is signed.
  if (fields.shift()?.bytes.equals(signed.algorithmDer) !== true)
    throw new Malformed('two signature algorithms differ');
  const issuer = fields.shift();
  const [notBefore, notAfter] = childrenOf(fields.shift(), tags.sequence, 'the validity');
  const subject = fields.shift();
  const keyInfo = fields.shift();
  const extensions = readExtensions(extensionsOf(fields));
  const issuerText = nameText(nameAttributesOf(issuer, 'the issuer'));
  const subjectText = nameText(nameAttributesOf(subject, 'the subject'));
  return {
    der,
    fingerprint: createHash('sha256').update(der).digest('hex'),
    subject: subjectText,
    issuer: issuerText,
    subjectDer: subject?.bytes ?? Buffer.alloc(0),
    issuerDer: issuer?.bytes ?? Buffer.alloc(0),
    identity: identityOf(extensions.names),
    notBeforeMs: timeOf(notBefore, 'the start of validity'),
    notAfterMs: timeOf(notAfter, 'the end of validity'),
    serialHex: serial.toString('hex').replace(/^0+(?=.)/, ''),
    ...readPublicKey(keyInfo),
    isCa: extensions.isCa,
    pathLength: extensions.pathLength,
    keyUsage: extensions.keyUsage,
    extendedKeyUsage: extensions.extendedKeyUsage,
    subjectKeyId: extensions.subjectKeyId,
    authorityKeyId: extensions.authorityKeyId,
    unsupportedCritical: extensions.unsupportedCritical,
    signed: { bytes: signed.bytes, algorithm: signed.algorithm, signature: signed.signature },
  };
};

const readVersion = (field: DerElement | undefined): void => {
  const [version] = field?.tag === contextTag(0) ? field.children : [];
  if (version === undefined || smallIntegerOf(version, 'the version') !== 2) throw new Malformed('not X.509 version 3');
};

/** What follows the key: issuerUniqueID [1] and subjectUniqueID [2], which nobody may use, and extensions [3]. */
const extensionsOf = (rest: readonly DerElement[]): DerElement | undefined => {
  if (rest.length === 0) return undefined;
  const [field] = rest;
  if (rest.length > 1 || field?.tag !== contextTag(3) || field.children.length !== 1) {
    throw new Malformed('unexpected fields after the public key');
  }
  return field.children[0];
};
