/**
 * One Certify, from request to certificate, in the order of wire section 5.1. Who the caller is comes from the token
 * alone; the name and the CSR in the request must agree with it.
 */
import { type IdentityDomain, isDnsName, type ServiceAccount, serviceAccountIdentity } from '@heddle/names';
import { type IssuedLeaf, issueLeaf, parseCsr, type RandomBytes, whyCsrUnacceptable } from '@heddle/pki';
import type { Clock, ReadableCell } from '@heddle/runtime';
import type { IssuerState } from '../issuer/issuer-source.ts';
import type { TokenAuthenticator } from '../tokens/authenticator.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface CertifyRequest {
  /** The name asked for. */
  readonly identity: string;
  /** The token file as it is; blanks around the token do not count. */
  readonly token: Uint8Array;
  /** PKCS#10, DER. */
  readonly csr: Uint8Array;
}

export type CertifyOutcome =
  | {
      readonly kind: 'issued';
      readonly identity: string;
      readonly leaf: IssuedLeaf;
      readonly account: ServiceAccount;
      readonly accountUid?: string;
    }
  | Refusal;

export interface CertifyDeps {
  readonly authenticator: TokenAuthenticator;
  readonly issuer: ReadableCell<IssuerState>;
  readonly domain: IdentityDomain;
  readonly lifetimeMs: number;
  readonly clockSkewMs: number;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

export const certify = async (request: CertifyRequest, deps: CertifyDeps): Promise<CertifyOutcome> => {
  const token = Buffer.from(request.token).toString('latin1').trim();
  if (request.identity === '') return refuse('missing-identity', 'identity is missing');
  if (token === '') return refuse('missing-token', 'token is missing');
  if (request.csr.length === 0) return refuse('missing-csr', 'certificate_signing_request is missing');

  const csr = parseCsr(request.csr);
  if (csr.kind === 'invalid') return refuse('invalid-csr', `certificate_signing_request: ${csr.reason}`);
  const unacceptable = whyCsrUnacceptable(csr.value, request.identity);
  if (unacceptable !== undefined) return refuse('unacceptable-csr', `the CSR is unacceptable: ${unacceptable}`);

  const verdict = await deps.authenticator.authenticate(token);
  if (verdict.kind === 'unavailable') return refuse('token-check-unavailable', verdict.reason);
  if (verdict.kind === 'refused') return refuse('token-refused', verdict.reason);
  const identity = serviceAccountIdentity(verdict.account, deps.domain);
  if (identity !== request.identity) {
    return refuse('identity-mismatch', `the token is for ${identity}, not for the requested identity`);
  }
  if (!isDnsName(identity)) return refuse('identity-mismatch', `${identity} is too long for a DNS name`);

  // Read after the last wait: the issuer may have changed meanwhile.
  const issuer = deps.issuer.value;
  if (issuer.kind === 'waiting') return refuse('issuer-unavailable', 'the issuer is not loaded');
  const { lifetimeMs, clockSkewMs, clock, randomBytes } = deps;
  const leaf = issueLeaf(issuer.issuer, csr.value, {
    identity,
    nowMs: clock.wallMs(),
    lifetimeMs,
    clockSkewMs,
    randomBytes,
  });
  if (leaf.kind === 'invalid') return refuse('issuer-unavailable', leaf.reason);
  const { account, accountUid } = verdict;
  return { kind: 'issued', identity, leaf: leaf.value, account, ...(accountUid !== undefined && { accountUid }) };
};
