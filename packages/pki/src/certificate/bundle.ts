/** Bundles: several certificates in one PEM text, as trust anchors and issuer chains are kept. */
import { createHash } from 'node:crypto';
import type { Certificate, Parsed } from '../model.ts';
import { encodePemBlock, parsePem } from '../pem.ts';
import { parseCertificate } from './parse.ts';

const maxCertificates = 256;

/** Reads at least one certificate; `invalid` names the certificate by number and line. Order and duplicates are kept. */
export const parsePemBundle = (pem: string): Parsed<readonly Certificate[]> => {
  const blocks = parsePem(pem);
  if (blocks.kind === 'invalid') return blocks;
  const total = blocks.value.length;
  if (total === 0) return { kind: 'invalid', reason: 'no BEGIN CERTIFICATE block found' };
  if (total > maxCertificates) return { kind: 'invalid', reason: `${total} certificates, at most ${maxCertificates}` };
  const certificates: Certificate[] = [];
  for (const [index, { label, der, line }] of blocks.value.entries()) {
    const where = `certificate ${index + 1} of ${total} (line ${line})`;
    if (label !== 'CERTIFICATE')
      return { kind: 'invalid', reason: `${where} is a ${label} block, expected CERTIFICATE` };
    const certificate = parseCertificate(der);
    if (certificate.kind === 'invalid') return { kind: 'invalid', reason: `${where}: ${certificate.reason}` };
    certificates.push(certificate.value);
  }
  return { kind: 'ok', value: certificates };
};

export const encodePem = (certificates: readonly Certificate[]): string =>
  certificates.map(({ der }) => encodePemBlock('CERTIFICATE', der)).join('');

/** Names a set of certificates: SHA-256, hex, the same for any order and any number of copies. */
export const bundleDigest = (certificates: readonly Certificate[]): string =>
  createHash('sha256')
    .update([...new Set(certificates.map(({ fingerprint }) => fingerprint))].sort().join('\n'))
    .digest('hex');
