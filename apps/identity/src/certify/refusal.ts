/**
 * Every way in which a Certify can fail: its gRPC status (wire section 5.1), its metric label, and what to do about it. The
 * table generates the reference page.
 */

export const refusals = {
  'missing-identity': { status: 'invalid-argument', means: 'the request names no identity' },
  'missing-token': {
    status: 'invalid-argument',
    means: 'the request holds no token; the token file of the proxy is empty',
  },
  'missing-csr': { status: 'invalid-argument', means: 'the request holds no certificate signing request' },
  'invalid-csr': {
    status: 'invalid-argument',
    means: 'the request for signing cannot be read, or is not signed by its key',
  },
  'unacceptable-csr': {
    status: 'failed-precondition',
    means: 'it asks for anything but one DNS name, which is the identity, with an ECDSA key',
  },
  'token-refused': {
    status: 'failed-precondition',
    means:
      'the token proves no ServiceAccount to this audience: expired, of a pod that is gone, or made for somebody else',
  },
  'identity-mismatch': {
    status: 'failed-precondition',
    means:
      'the token is of another ServiceAccount than the name asked for; see trust domain and control-plane namespace',
  },
  'token-check-unavailable': {
    status: 'unavailable',
    means: 'the API server cannot be asked, or may not be: identity must be allowed to create tokenreviews',
  },
  'issuer-unavailable': { status: 'unavailable', means: 'there is no issuer, or it has expired; the log says which' },
  overloaded: { status: 'unavailable', means: 'more requests of one address wait than are let' },
} as const;

export type RefusalReason = keyof typeof refusals;

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** For the caller; says what is wrong and holds nothing of the token. */
  readonly detail: string;
}

export const refuse = (reason: RefusalReason, detail: string): Refusal => ({ kind: 'refused', reason, detail });
