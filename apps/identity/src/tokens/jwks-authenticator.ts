/**
 * Verifies tokens against the public keys of their issuer (RFC 7519, 8725). What must hold: a signature by a key of the
 * set with an allowed algorithm, this issuer, our audience, a time between `nbf` and `exp`, and a ServiceAccount as the
 * subject.
 */
import { parseServiceAccountUser, type ServiceAccount } from '@heddle/names';
import type { Clock } from '@heddle/runtime';
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, type LocalJWKSet } from 'jose';
import { maxTokenLength, refused, type TokenAuthenticator, type TokenVerdict, unavailable } from './authenticator.ts';
import { type KeySet, tokenAlgorithms } from './key-set.ts';

export interface JwksAuthenticatorOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  /** How far clocks may differ. */
  readonly clockSkewMs: number;
}

export class JwksAuthenticator implements TokenAuthenticator {
  readonly #options: JwksAuthenticatorOptions;
  #keys: LocalJWKSet | undefined;

  constructor(options: JwksAuthenticatorOptions) {
    this.#options = options;
  }

  /** Replaces the keys, at once and wholly. Until the first call nothing can be verified; an empty set refuses all. */
  setKeys({ keys }: KeySet): void {
    this.#keys = createLocalJWKSet({ keys: [...keys] });
  }

  async authenticate(token: string): Promise<TokenVerdict> {
    const keys = this.#keys;
    if (keys === undefined) return unavailable('the keys that verify tokens are not loaded yet');
    if (token.length > maxTokenLength) return refused(`the token is longer than ${maxTokenLength} characters`);
    const { issuer, audience, clock, clockSkewMs } = this.#options;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [...tokenAlgorithms],
        currentDate: new Date(clock.wallMs()),
        clockTolerance: clockSkewMs / 1000,
        requiredClaims: ['sub', 'exp'],
      });
      return accountOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return refused(reasonOf(error, clock.wallMs()));
      throw error;
    }
  }
}

/** Kubernetes says the same thing twice in its tokens; where it does, both must agree. */
const accountOf = (payload: JWTPayload): TokenVerdict => {
  // A claim holds whatever the issuer signed; the type is a wish.
  const subject: unknown = payload.sub;
  const account = parseServiceAccountUser(typeof subject === 'string' ? subject : '');
  if (account.kind === 'error') return refused(`the token's subject ${account.message}`);
  const bound = payload['kubernetes.io'];
  if (bound !== undefined && !names(bound, account.value)) {
    return refused('the token names one ServiceAccount as its subject and another in its kubernetes.io claim');
  }
  return { kind: 'authenticated', account: account.value };
};

const names = (bound: unknown, { namespace, name }: ServiceAccount): boolean => {
  if (typeof bound !== 'object' || bound === null) return false;
  const claim = bound as { readonly namespace?: unknown; readonly serviceaccount?: { readonly name?: unknown } | null };
  return claim.namespace === namespace && (claim.serviceaccount === undefined || claim.serviceaccount?.name === name);
};

/** Says which check failed, in our words: the library's may quote the token. */
const reasonOf = (error: errors.JOSEError, nowMs: number): string => {
  if (error instanceof errors.JWTExpired) return `the token has expired${moment(error.payload.exp, nowMs)}`;
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return `the token has no "${error.claim}" claim`;
    if (error.claim === 'nbf') return `the token is not valid yet${moment(error.payload.nbf, nowMs)}`;
    if (error.claim === 'aud') return 'the token is for another audience';
    if (error.claim === 'iss') return 'the token is by another issuer';
    return `the token's "${error.claim}" claim is not acceptable`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token does not verify';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no known key fits the token';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token does not say which of several keys signed it';
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not allowed";
  if (error instanceof errors.JOSENotSupported) return 'the token asks for something that is not supported';
  return 'the token is not a signed JWT';
};

const moment = (seconds: number | undefined, nowMs: number): string =>
  seconds === undefined || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 1e11
    ? ''
    : ` (${new Date(seconds * 1000).toISOString()}; the clock here says ${new Date(nowMs).toISOString()})`;
