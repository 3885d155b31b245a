/** Trust anchors and issuers: the two kinds of certificate that sign others. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  encodeAuthorityKeyId,
  encodeCaConstraints,
  encodeKeyUsage,
  encodeSubjectKeyId,
} from '../certificate/extensions.ts';
import { encodeName } from '../certificate/names.ts';
import { keyIdOf } from '../certificate/public-key.ts';
import { generatePrivateKey } from '../keys.ts';
import type { Authority, RandomBytes } from '../model.ts';
import { type CertificateTemplate, issuerKeyIdOf, randomSerial, signCertificate } from './certificate.ts';
import { type ValidityWindow, validityOf } from './validity.ts';

export interface AuthorityOptions extends ValidityWindow {
  /** Subject, for example `root.linkerd.cluster.local` or `identity.linkerd.cluster.local`. */
  readonly commonName: string;
  readonly randomBytes: RandomBytes;
  /** ECDSA P-256; a fresh one by default. */
  readonly key?: KeyObject;
}

/** A self-signed CA without path limit. */
export const createTrustAnchor = (options: AuthorityOptions): Authority => {
  const key = options.key ?? generatePrivateKey();
  const subjectDer = encodeName(options.commonName);
  const template = authorityTemplate({ key, subjectDer, issuerDer: subjectDer, pathLength: undefined }, options);
  return { certificate: signCertificate(template, key), key, intermediates: [], anchor: undefined };
};

/** An intermediate CA under `parent` that may sign leaves only (path length 0); ends no later than its parent. */
export const createIssuer = (parent: Authority, options: AuthorityOptions): Authority => {
  const key = options.key ?? generatePrivateKey();
  const template = authorityTemplate(
    {
      key,
      subjectDer: encodeName(options.commonName),
      issuerDer: parent.certificate.subjectDer,
      pathLength: 0,
      parent,
    },
    options,
  );
  const isUnderAnchor = parent.certificate.subjectDer.equals(parent.certificate.issuerDer);
  return {
    certificate: signCertificate(template, parent.key),
    key,
    intermediates: isUnderAnchor ? [] : [parent.certificate, ...parent.intermediates],
    anchor: isUnderAnchor ? parent.certificate : parent.anchor,
  };
};

interface AuthorityShape {
  readonly key: KeyObject;
  readonly subjectDer: Buffer;
  readonly issuerDer: Buffer;
  readonly pathLength: number | undefined;
  readonly parent?: Authority;
}

const authorityTemplate = (shape: AuthorityShape, options: AuthorityOptions): CertificateTemplate => {
  const publicKey = createPublicKey(shape.key);
  const { parent } = shape;
  return {
    serial: randomSerial(options.randomBytes),
    issuerDer: shape.issuerDer,
    subjectDer: shape.subjectDer,
    ...validityOf(options, parent === undefined ? [] : [parent.certificate]),
    publicKey,
    extensions: [
      encodeCaConstraints(shape.pathLength),
      encodeKeyUsage(['keyCertSign', 'cRLSign']),
      encodeSubjectKeyId(keyIdOf(publicKey)),
      ...(parent === undefined ? [] : [encodeAuthorityKeyId(issuerKeyIdOf(parent.certificate))]),
    ],
  };
};
