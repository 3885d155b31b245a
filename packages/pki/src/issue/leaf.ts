/** Leaves: the certificate of one workload (wire section 5.1). */
import {
  encodeAuthorityKeyId,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeLeafConstraints,
  encodeSubjectAltName,
  encodeSubjectKeyId,
} from '../certificate/extensions.ts';
import { keyIdOf } from '../certificate/public-key.ts';
import type { Authority, CertificateRequest, IssuedLeaf, Parsed, RandomBytes } from '../model.ts';
import { whyCsrUnacceptable } from '../request/check.ts';
import { type CertificateTemplate, issuerKeyIdOf, randomSerial, signCertificate } from './certificate.ts';
import { type ValidityWindow, validityOf, whyOutsideValidity } from './validity.ts';

export interface LeafOptions extends ValidityWindow {
  /** DNS name, from the caller's token; the request must agree. */
  readonly identity: string;
  readonly randomBytes: RandomBytes;
}

/**
 * Issues a leaf. `invalid` when the request is not acceptable for `identity`, or a certificate of the issuer's chain is
 * not valid at `nowMs`, so that nothing is ever issued beyond or before its issuer's life.
 */
export const issueLeaf = (issuer: Authority, request: CertificateRequest, options: LeafOptions): Parsed<IssuedLeaf> => {
  const unacceptable = whyCsrUnacceptable(request, options.identity);
  if (unacceptable !== undefined) return { kind: 'invalid', reason: `the request is unacceptable: ${unacceptable}` };
  for (const certificate of chainOf(issuer)) {
    const outside = whyOutsideValidity(certificate, options.nowMs);
    if (outside !== undefined) return { kind: 'invalid', reason: `issuer ${certificate.subject} is ${outside}` };
  }
  const certificate = signCertificate(leafTemplate(issuer, request, options), issuer.key);
  const isAnchor = issuer.certificate.subjectDer.equals(issuer.certificate.issuerDer);
  return {
    kind: 'ok',
    value: { certificate, intermediates: isAnchor ? [] : [issuer.certificate, ...issuer.intermediates] },
  };
};

const chainOf = ({ certificate, intermediates, anchor }: Authority): readonly Authority['certificate'][] => [
  certificate,
  ...intermediates,
  ...(anchor === undefined ? [] : [anchor]),
];

const leafTemplate = (issuer: Authority, request: CertificateRequest, options: LeafOptions): CertificateTemplate => ({
  serial: randomSerial(options.randomBytes),
  issuerDer: issuer.certificate.subjectDer,
  subjectDer: request.subjectDer,
  ...validityOf(options, chainOf(issuer)),
  publicKey: request.publicKey,
  extensions: [
    encodeLeafConstraints(),
    encodeKeyUsage(['digitalSignature', 'keyEncipherment']),
    encodeExtendedKeyUsage(['serverAuth', 'clientAuth']),
    encodeSubjectAltName(options.identity, request.subject.length === 0),
    encodeSubjectKeyId(keyIdOf(request.publicKey)),
    encodeAuthorityKeyId(issuerKeyIdOf(issuer.certificate)),
  ],
});
