/**
 * The trust of a local mesh, made anew at each start: a trust anchor, an issuer under it, the key that signs
 * ServiceAccount tokens. It plays the parts that cert-manager and the API server play in a cluster; verification of
 * what it makes is left to identity and the proxies, exactly as there.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, createIssuer, createTrustAnchor, encodePem, encodePkcs8Pem } from '@heddle/pki';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TrustMaterial {
  readonly anchor: Authority;
  readonly anchorsPem: string;
  readonly anchorsFile: string;
  readonly issuerDir: string;
  readonly jwksFile: string;
  /** A token as the kubelet would project it into the pod: bound to ServiceAccount and pod, for one audience. */
  readonly mintToken: (subject: TokenSubject) => Promise<string>;
}

export interface TokenSubject {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
}

export const tokenIssuer = 'https://local.heddle.invalid';
const tokenAudience = 'identity.l5d.io';
const hourMs = 3_600_000;
const anchorLifetimeMs = 365 * 24 * hourMs;
const issuerLifetimeMs = 48 * hourMs;
const tokenLifetimeSeconds = 86_400;
const clockSkewMs = 20_000;

/** Writes `ca.crt`, `issuer/` and `jwks.json` under `dir`; private keys are readable by their owner only. */
export const createTrustMaterial = async (dir: string, trustDomain: string, nowMs: number): Promise<TrustMaterial> => {
  const anchor = createTrustAnchor({
    commonName: `root.linkerd.${trustDomain}`,
    nowMs,
    lifetimeMs: anchorLifetimeMs,
    clockSkewMs,
    randomBytes,
  });
  const issuer = createIssuer(anchor, {
    commonName: `identity.linkerd.${trustDomain}`,
    nowMs,
    lifetimeMs: issuerLifetimeMs,
    clockSkewMs,
    randomBytes,
  });
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keyId = randomBytes(8).toString('hex');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' }] };

  const issuerDir = join(dir, 'issuer');
  const anchorsFile = join(dir, 'ca.crt');
  const jwksFile = join(dir, 'jwks.json');
  const anchorsPem = encodePem([anchor.certificate]);
  await mkdir(issuerDir, { recursive: true });
  await writeFile(anchorsFile, anchorsPem);
  await writeFile(join(issuerDir, 'crt.pem'), encodePem([issuer.certificate]));
  await writeFile(join(issuerDir, 'key.pem'), encodePkcs8Pem(issuer.key), { mode: 0o600 });
  await writeFile(jwksFile, JSON.stringify(jwks));

  return {
    anchor,
    anchorsPem,
    anchorsFile,
    issuerDir,
    jwksFile,
    mintToken: ({ namespace, serviceAccount, pod }) =>
      new SignJWT({ 'kubernetes.io': { namespace, pod: { name: pod }, serviceaccount: { name: serviceAccount } } })
        .setProtectedHeader({ alg: 'ES256', kid: keyId })
        .setIssuer(tokenIssuer)
        .setAudience(tokenAudience)
        .setSubject(`system:serviceaccount:${namespace}:${serviceAccount}`)
        .setIssuedAt()
        .setExpirationTime(`${tokenLifetimeSeconds}s`)
        .sign(privateKey),
  };
};
