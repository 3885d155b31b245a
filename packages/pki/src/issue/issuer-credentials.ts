/** The issuer as it lies in a Secret: reading it, and every check before it may sign anything (wire section 5.1). */
import { createPublicKey } from 'node:crypto';
import { parsePemBundle } from '../certificate/bundle.ts';
import { encodePublicKey } from '../certificate/public-key.ts';
import { parsePrivateKey } from '../keys.ts';
import type { Authority, Certificate, Parsed } from '../model.ts';
import { findPath } from '../verify/chain.ts';
import { whyOutsideValidity } from './validity.ts';

/**
 * Reads `crt.pem`/`key.pem` (or `tls.crt`/`tls.key`): the issuer's certificate first, then its intermediates. Says
 * nothing about trust; see `validateIssuer`.
 */
export const parseAuthority = (certificatesPem: string, keyPem: string): Parsed<Authority> => {
  const certificates = parsePemBundle(certificatesPem);
  if (certificates.kind === 'invalid') return { kind: 'invalid', reason: `issuer certificate: ${certificates.reason}` };
  const key = parsePrivateKey(keyPem);
  if (key.kind === 'invalid') return { kind: 'invalid', reason: `issuer key: ${key.reason}` };
  const [certificate, ...intermediates] = certificates.value;
  if (certificate === undefined) return { kind: 'invalid', reason: 'issuer certificate: none found' };
  return { kind: 'ok', value: { certificate, key: key.value, intermediates, anchor: undefined } };
};

export type IssuerValidation =
  /** The same issuer with its way to `anchor` completed. */
  | { readonly kind: 'ok'; readonly value: Authority; readonly notAfterMs: number }
  | { readonly kind: 'invalid'; readonly reasons: readonly string[] };

/** Whether `issuer` may issue under `anchors` at `nowMs`; all reasons at once when not. */
export const validateIssuer = (issuer: Authority, anchors: readonly Certificate[], nowMs: number): IssuerValidation => {
  const { certificate, key } = issuer;
  const reasons: string[] = [];
  const refuse = (isWrong: boolean, reason: string): void => {
    if (isWrong) reasons.push(reason);
  };
  const publicKey = encodePublicKey(createPublicKey(key));
  refuse(
    !publicKey.equals(encodePublicKey(certificate.publicKey)),
    'the key does not belong to the issuer certificate',
  );
  refuse(certificate.key.kind !== 'ec' || certificate.key.curve !== 'P-256', 'the issuer key is not ECDSA P-256');
  refuse(!certificate.isCa, 'the issuer certificate is not a CA: it was made as a leaf');
  refuse(certificate.keyUsage?.has('keyCertSign') === false, 'the issuer certificate may not sign certificates');
  const outside = whyOutsideValidity(certificate, nowMs);
  if (outside !== undefined) reasons.push(`the issuer certificate is ${outside}`);
  const isAnchor = anchors.some(({ fingerprint }) => fingerprint === certificate.fingerprint);
  if (isAnchor && reasons.length === 0) return { kind: 'ok', value: issuer, notAfterMs: certificate.notAfterMs };
  const path = isAnchor
    ? undefined
    : findPath(certificate, issuer.intermediates, anchors, { nowMs, purpose: 'serverAuth' });
  if (path?.kind === 'invalid') reasons.push(`the issuer certificate has ${path.reason}`);
  if (reasons.length > 0 || path?.kind !== 'ok') return { kind: 'invalid', reasons };
  const above = path.value.slice(1);
  return {
    kind: 'ok',
    value: { ...issuer, intermediates: above.slice(0, -1), anchor: above.at(-1) },
    notAfterMs: Math.min(...path.value.map(({ notAfterMs }) => notAfterMs)),
  };
};
