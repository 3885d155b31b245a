/** From template to certificate: encoding and signing, the same for anchors, issuers and leaves. No decision is made here. */
import type { KeyObject } from 'node:crypto';
import { parseCertificate } from '../certificate/parse.ts';
import { encodePublicKey, keyIdOf } from '../certificate/public-key.ts';
import { ecdsaWithSha256, encodeSigned } from '../certificate/signature.ts';
import { explicit, integer, sequence, smallInteger, time } from '../der/write.ts';
import type { Certificate, RandomBytes } from '../model.ts';

/** What a certificate will say (RFC 5280 section 4.1.2); `extensions` are encoded ones. */
export interface CertificateTemplate {
  readonly serial: Uint8Array;
  readonly issuerDer: Buffer;
  readonly subjectDer: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** 128 random bits, positive: unpredictable and never reused, unlike a counter. */
export const randomSerial = (randomBytes: RandomBytes): Uint8Array => {
  const serial = randomBytes(16);
  if (serial.length !== 16 || serial.every((byte) => byte === 0))
    throw new Error('the random source gave no serial number');
  return serial;
};

/** The identifier a child names its issuer's key by: the issuer's own where it has one, since CAs compute it differently. */
export const issuerKeyIdOf = (issuer: Certificate): Buffer =>
  issuer.subjectKeyId === undefined ? keyIdOf(issuer.publicKey) : Buffer.from(issuer.subjectKeyId, 'hex');

export const signCertificate = (template: CertificateTemplate, key: KeyObject): Certificate => {
  const content = sequence(
    explicit(0, smallInteger(2)),
    integer(template.serial),
    ecdsaWithSha256(),
    template.issuerDer,
    sequence(time(template.notBeforeMs), time(template.notAfterMs)),
    template.subjectDer,
    encodePublicKey(template.publicKey),
    explicit(3, sequence(...template.extensions)),
  );
  const certificate = parseCertificate(encodeSigned(content, key));
  if (certificate.kind === 'invalid') throw new Error(`made a certificate that does not parse: ${certificate.reason}`);
  return certificate.value;
};
