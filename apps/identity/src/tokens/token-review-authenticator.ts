/**
 * Verifies tokens by asking the cluster's API server (TokenReview of authentication.k8s.io/v1). It knows what keys cannot
 * tell: whether the ServiceAccount, and the pod a token is bound to, still exist. So nothing is remembered of an answer.
 *
 * The audience is part of every question and must be in the answer. Where Linkerd asks again without one (features §2.3),
 * we do not: a token made for the API server, or for anybody else, would then be exchanged for a certificate.
 */
import { ApiError, type KubernetesApi, noAnswer } from '@heddle/k8s';
import { parseServiceAccountUser } from '@heddle/names';
import type { Clock } from '@heddle/runtime';
import { PeerSlots } from '../certify/peer-slots.ts';
import { maxTokenLength, refused, type TokenAuthenticator, type TokenVerdict, unavailable } from './authenticator.ts';

export interface TokenReviewOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  readonly audience: string;
  readonly clock: Clock;
  /** From question to verdict, the wait for a slot included. */
  readonly timeoutMs?: number;
  /** Reviews at a time, and how many more may wait for their turn. */
  readonly slots?: { readonly running: number; readonly waiting: number };
}

const path = '/apis/authentication.k8s.io/v1/tokenreviews';
/** The one peer whose slots are counted here. */
const apiServer = 'the API server';

export class TokenReviewAuthenticator implements TokenAuthenticator {
  readonly #options: TokenReviewOptions;
  readonly #timeoutMs: number;
  readonly #slots: PeerSlots;

  constructor(options: TokenReviewOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#slots = new PeerSlots(options.slots ?? { running: 32, waiting: 4096 });
  }

  async authenticate(token: string): Promise<TokenVerdict> {
    if (token.length > maxTokenLength) return refused(`the token is longer than ${maxTokenLength} characters`);
    const abort = new AbortController();
    const timer = this.#options.clock.after(this.#timeoutMs, () => abort.abort());
    try {
      const verdict = await this.#slots.run(apiServer, () => this.#review(token, abort.signal));
      return verdict ?? unavailable('too many tokens wait for the Kubernetes API already; try again later');
    } finally {
      timer.cancel();
    }
  }

  async #review(token: string, signal: AbortSignal): Promise<TokenVerdict> {
    const { api, audience } = this.#options;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [audience] },
    };
    try {
      return verdictFrom(await api.call({ method: 'POST', path, body, signal }), audience);
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${this.#timeoutMs} ms` : reasonOf(error);
      return unavailable(`the Kubernetes API cannot be asked about the token: ${reason}`);
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** The user's groups and `extra`, in which the pod is named, say nothing about whose certificate this may be. */
const verdictFrom = (answer: unknown, audience: string): TokenVerdict => {
  const review = fieldsOf(answer);
  const status = fieldsOf(review?.['status']);
  if (review?.['kind'] !== 'TokenReview' || status === undefined) {
    return unavailable('the Kubernetes API answered with something that is no TokenReview');
  }
  // `error` may quote the token, so it is not repeated.
  if (status['authenticated'] !== true || (status['error'] ?? '') !== '') {
    return refused(`the Kubernetes API does not accept the token for audience ${audience}`);
  }
  const audiences: unknown = status['audiences'];
  if (!Array.isArray(audiences) || !audiences.includes(audience)) {
    return refused(`the Kubernetes API does not say that the token is for audience ${audience}`);
  }
  const { username, uid } = fieldsOf(status['user']) ?? {};
  const account = parseServiceAccountUser(typeof username === 'string' ? username : '');
  if (account.kind === 'error') return refused(`the token's user ${account.message}`);
  return { kind: 'authenticated', account: account.value, ...(typeof uid === 'string' && { accountUid: uid }) };
};

/** The message of a refusal is the server's and may quote what was sent; its status is enough to find the cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof ApiError)) throw error;
  return error.status === noAnswer
    ? error.message
    : `it answered ${error.status}${error.status === 403 ? forbidden : ''}`;
};

const forbidden = '; the ServiceAccount of identity must be allowed to create tokenreviews.authentication.k8s.io';
