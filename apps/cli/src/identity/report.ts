/** What `heddle identity` says of a workload's certificates. */
import { formatDuration } from '@heddle/names';
import { type Certificate, type PublicKeyFacts, verifyChain } from '@heddle/pki';
import type { ShownChain } from './shown-chain.ts';

export interface IdentityReport {
  /** `host:port` that was asked. */
  readonly address: string;
  readonly serverName: string;
  readonly tls: { readonly version: string; readonly cipher: string; readonly group: string };
  readonly isVerified: boolean;
  /** Why the chain is not verified; absent when it is. */
  readonly reason?: string;
  readonly certificates: readonly CertificateReport[];
}

export interface CertificateReport {
  readonly subject: string;
  /** The one identity it carries; absent for an authority, or with the reason in its place. */
  readonly identity?: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly remainingMs: number;
  readonly serial: string;
  readonly key: string;
  readonly isCa: boolean;
  readonly sha256: string;
}

/** Verifies the chain, for `serverName`, against the anchors; without any, nothing is verified. */
export const identityReport = (
  address: string,
  serverName: string,
  { certificates, tlsVersion, cipher, group }: ShownChain,
  anchors: readonly Certificate[] | undefined,
  nowMs: number,
): IdentityReport => {
  const reason = whyNotVerified(certificates, serverName, anchors, nowMs);
  return {
    address,
    serverName,
    tls: { version: tlsVersion, cipher, group },
    isVerified: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    certificates: certificates.map((certificate) => certificateReport(certificate, nowMs)),
  };
};

const whyNotVerified = (
  [leaf, ...intermediates]: readonly Certificate[],
  identity: string,
  anchors: readonly Certificate[] | undefined,
  nowMs: number,
): string | undefined => {
  if (anchors === undefined) return 'no trust anchors to verify it with; give --trust-anchors <file>';
  if (leaf === undefined) return 'there is no certificate';
  const verified = verifyChain(leaf, intermediates, anchors, { nowMs, purpose: 'serverAuth', identity });
  return verified.kind === 'ok' ? undefined : verified.reason;
};

const certificateReport = (certificate: Certificate, nowMs: number): CertificateReport => ({
  subject: certificate.subject,
  ...identityOf(certificate),
  issuer: certificate.issuer,
  notBefore: new Date(certificate.notBeforeMs).toISOString(),
  notAfter: new Date(certificate.notAfterMs).toISOString(),
  remainingMs: certificate.notAfterMs - nowMs,
  serial: certificate.serialHex,
  key: keyText(certificate.key),
  isCa: certificate.isCa,
  sha256: certificate.fingerprint,
});

const identityOf = ({ identity, isCa }: Certificate): { readonly identity?: string } => {
  if (identity.kind !== 'none') return { identity: identity.name };
  return isCa ? {} : { identity: `none: ${identity.reason}` };
};

const keyText = (key: PublicKeyFacts): string => {
  switch (key.kind) {
    case 'ec':
      return `ECDSA ${key.curve}`;
    case 'rsa':
      return `RSA ${key.bits}`;
    case 'other':
      return key.algorithm;
  }
};

/** For people. */
export const identityText = ({
  address,
  serverName,
  tls,
  isVerified,
  reason,
  certificates,
}: IdentityReport): string => {
  const lines = [
    `${serverName}  (${address})`,
    `  ${isVerified ? 'verified' : `NOT VERIFIED: ${reason}`}`,
    `  ${tls.version}, ${tls.group}, ${tls.cipher}`,
  ];
  for (const [index, certificate] of certificates.entries()) {
    const { identity, subject, issuer, notBefore, notAfter, remainingMs, serial, key, isCa } = certificate;
    lines.push(
      `  ${index === 0 ? 'leaf' : isCa ? 'issuer' : 'certificate'}`,
      ...(identity === undefined ? [] : [`    identity  ${identity}`]),
      `    subject   ${subject === '' ? '(empty)' : subject}`,
      `    issuer    ${issuer}`,
      `    valid     ${notBefore} to ${notAfter}, ${remainingText(remainingMs)}`,
      `    serial    ${serial}`,
      `    key       ${key}`,
    );
  }
  return `${lines.join('\n')}\n`;
};

const remainingText = (remainingMs: number): string => {
  const wholeMinutes = Math.floor(Math.abs(remainingMs) / 60_000) * 60_000;
  return remainingMs < 0 ? `ended ${formatDuration(wholeMinutes)} ago` : `${formatDuration(wholeMinutes)} left`;
};
