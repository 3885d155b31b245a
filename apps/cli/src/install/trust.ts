/** Anchor and issuer for an install that brings none: made once, here, so that no key but the issuer's reaches the cluster. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import {
  createIssuer,
  createTrustAnchor,
  encodePem,
  encodePkcs8Pem,
  parseAuthority,
  parsePemBundle,
  validateIssuer,
} from '@heddle/pki';
import { CommandFailure } from '../cluster/failure.ts';

export interface Trust {
  readonly anchorsPem: string;
  readonly issuerPem: string;
  readonly issuerKeyPem: string;
  /** What to tell whoever installs. */
  readonly notes: readonly string[];
}

export interface TrustFiles {
  readonly identityTrustAnchorsFile?: string;
  readonly identityIssuerCertificateFile?: string;
  readonly identityIssuerKeyFile?: string;
}

const dayMs = 86_400_000;
const anchorLifetimeMs = 3650 * dayMs;
const issuerLifetimeMs = 365 * dayMs;
const clockSkewMs = 60_000;

/** An anchor for ten years and, under it, an issuer for one; both ECDSA P-256. */
export const makeTrust = async (
  trustDomain: string,
  nowMs: number,
  anchorKeyFile: string | undefined,
): Promise<Trust> => {
  const common = { nowMs, clockSkewMs, randomBytes };
  const anchor = createTrustAnchor({
    ...common,
    commonName: `root.linkerd.${trustDomain}`,
    lifetimeMs: anchorLifetimeMs,
  });
  const issuer = createIssuer(anchor, {
    ...common,
    commonName: `identity.linkerd.${trustDomain}`,
    lifetimeMs: issuerLifetimeMs,
  });
  if (anchorKeyFile !== undefined) await writeKey(anchorKeyFile, encodePkcs8Pem(anchor.key));
  const ends = (certificate: { readonly notAfterMs: number }): string =>
    new Date(certificate.notAfterMs).toISOString().slice(0, 10);
  return {
    anchorsPem: encodePem([anchor.certificate]),
    issuerPem: encodePem([issuer.certificate]),
    issuerKeyPem: encodePkcs8Pem(issuer.key),
    notes: [
      `made a trust anchor (until ${ends(anchor.certificate)}) and an issuer under it (until ${ends(issuer.certificate)}): renew the issuer before then, \`heddle check\` reminds you`,
      anchorKeyFile === undefined
        ? "the anchor's key was thrown away, so the next issuer needs a new anchor; --anchor-key-out <file> keeps it, and for production bring anchors and an issuer of your own"
        : `the anchor's key is in ${anchorKeyFile}: whoever has it can be anybody in the mesh, so take it off this machine`,
    ],
  };
};

const writeKey = async (file: string, pem: string): Promise<void> => {
  try {
    await writeFile(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CommandFailure(`--anchor-key-out: ${file} cannot be written: ${(error as Error).message}`);
  }
};

/** Undefined when none of the files is named. @throws {CommandFailure} when they are not all good for an install */
export const readTrust = async (files: TrustFiles, nowMs: number): Promise<Trust | undefined> => {
  const named = [files.identityTrustAnchorsFile, files.identityIssuerCertificateFile, files.identityIssuerKeyFile];
  if (named.every((file) => file === undefined)) return undefined;
  const [anchorsPem, issuerPem, issuerKeyPem] = await Promise.all(named.map(textOf));
  if (anchorsPem === undefined || issuerPem === undefined || issuerKeyPem === undefined) {
    throw new CommandFailure(
      '--identity-trust-anchors-file, --identity-issuer-certificate-file and --identity-issuer-key-file belong together; give all three',
    );
  }
  const anchors = parsePemBundle(anchorsPem);
  if (anchors.kind === 'invalid') throw new CommandFailure(`${files.identityTrustAnchorsFile}: ${anchors.reason}`);
  const issuer = parseAuthority(issuerPem, issuerKeyPem);
  if (issuer.kind === 'invalid') throw new CommandFailure(issuer.reason);
  const validation = validateIssuer(issuer.value, anchors.value, nowMs);
  if (validation.kind === 'invalid') {
    throw new CommandFailure(`the issuer cannot issue under these anchors: ${validation.reasons.join('; ')}`);
  }
  return { anchorsPem, issuerPem, issuerKeyPem, notes: [] };
};

const textOf = async (file: string | undefined): Promise<string | undefined> => {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`);
  }
};

/** The values of the chart that hold it, as JSON, which is YAML. */
export const trustValues = ({ anchorsPem, issuerPem, issuerKeyPem }: Trust): string =>
  JSON.stringify({
    identityTrustAnchorsPEM: anchorsPem,
    identity: { issuer: { scheme: 'linkerd.io/tls', tls: { crtPEM: issuerPem, keyPEM: issuerKeyPem } } },
  });
