/** Who holds a token. The only source of identity there is: names in requests must agree with it and decide nothing. */
import type { ServiceAccount } from '@heddle/names';

export type TokenVerdict =
  | { readonly kind: 'authenticated'; readonly account: ServiceAccount; readonly accountUid?: string }
  /** The token does not prove who its holder is. `reason` is for the caller and the log and quotes nothing of the token. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Whether it does cannot be told now; the caller may try again. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Verifies ServiceAccount tokens: against a set of public keys (`JwksAuthenticator`), or by asking the Kubernetes API
 * (`TokenReviewAuthenticator`). An implementation always checks the audience.
 */
export interface TokenAuthenticator {
  authenticate(token: string): Promise<TokenVerdict>;
}

/** Kubernetes tokens have about 1 kB; longer ones than this are refused unread. */
export const maxTokenLength = 16 * 1024;

export const refused = (reason: string): TokenVerdict => ({ kind: 'refused', reason });

export const unavailable = (reason: string): TokenVerdict => ({ kind: 'unavailable', reason });
