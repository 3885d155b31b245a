/** ServiceAccount tokens for tests, as Kubernetes projects them: a signing key, its JWKS, and tokens with any flaw wanted. */
import { type ServiceAccount, serviceAccountUser } from '@heddle/names';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export interface TokenOptions {
  /** `system:serviceaccount:<ns>:<sa>` by default. */
  readonly subject?: string;
  readonly audience?: string | string[];
  readonly issuer?: string;
  /** Moment of issue; now by default. */
  readonly nowMs?: number;
  readonly lifetimeMs?: number;
  /** Merged over the claims; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface TokenMint {
  /** What a JWKS file holds: public keys only. */
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly keyId: string;
  /** A signed token for a ServiceAccount. */
  mint(account: ServiceAccount, options?: TokenOptions): Promise<string>;
}

const kubernetesIssuer = 'https://kubernetes.default.svc.cluster.local';
const identityAudience = 'identity.l5d.io';

/** @param algorithm ES256 (default), RS256, EdDSA, … */
export const createTokenMint = async (algorithm = 'ES256', keyId = 'test-key'): Promise<TokenMint> => {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    keyId,
    mint: (account, options = {}) => {
      const { namespace, name } = account;
      const issuedSeconds = Math.floor((options.nowMs ?? Date.now()) / 1000);
      const claims: JWTPayload = {
        iss: options.issuer ?? kubernetesIssuer,
        sub: options.subject ?? serviceAccountUser(account),
        aud: options.audience ?? [identityAudience],
        iat: issuedSeconds,
        nbf: issuedSeconds,
        exp: issuedSeconds + Math.floor((options.lifetimeMs ?? 86_400_000) / 1000),
        'kubernetes.io': { namespace, serviceaccount: { name, uid: '00000000-0000-4000-8000-000000000000' } },
        ...options.claims,
      };
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: keyId }).sign(privateKey);
    },
  };
};
