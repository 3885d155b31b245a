/** Every way in which a Certify can fail: its gRPC status (wire section 5.1) and its metric label. */

export const refusals = {
  'missing-identity': 'invalid-argument',
  'missing-token': 'invalid-argument',
  'missing-csr': 'invalid-argument',
  'invalid-csr': 'invalid-argument',
  'unacceptable-csr': 'failed-precondition',
  'token-refused': 'failed-precondition',
  'identity-mismatch': 'failed-precondition',
  'token-check-unavailable': 'unavailable',
  'issuer-unavailable': 'unavailable',
  overloaded: 'unavailable',
} as const;

export type RefusalReason = keyof typeof refusals;

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** For the caller; says what is wrong and holds nothing of the token. */
  readonly detail: string;
}

export const refuse = (reason: RefusalReason, detail: string): Refusal => ({ kind: 'refused', reason, detail });
