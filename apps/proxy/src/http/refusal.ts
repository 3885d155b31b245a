/**
 * The table of what the proxy itself answers (wire §7.2). A refusal is a value; `rescue.ts` turns it into a response.
 *
 *   status   what an HTTP client gets          error    the metric label of *_http_errors_total; empty: counted elsewhere
 *   grpc     what a gRPC client gets           closes   the client's connection is closed after the response
 */
import type { AbortCause, AbortKind } from './abort.ts';

interface Row {
  readonly status: number;
  readonly grpc: number;
  readonly closes: boolean;
  readonly error: string;
  readonly text: string;
}

const table = {
  'bad-request': { status: 400, grpc: 3, closes: true, error: '', text: 'the request is malformed' },
  'ambiguous-path': { status: 400, grpc: 3, closes: false, error: '', text: 'the path is ambiguous' },
  unauthorized: { status: 403, grpc: 7, closes: false, error: '', text: 'unauthorized request on route' },
  'route-not-found': { status: 404, grpc: 5, closes: false, error: '', text: 'no route found for request' },
  'rate-limited': { status: 429, grpc: 8, closes: false, error: '', text: 'rate limit exceeded' },
  redirect: { status: 302, grpc: 5, closes: false, error: '', text: 'request redirected' },
  injected: { status: 500, grpc: 9, closes: false, error: '', text: 'failure injected' },
  'invalid-policy': { status: 500, grpc: 13, closes: true, error: 'unexpected', text: 'invalid server policy' },
  unexpected: { status: 500, grpc: 13, closes: true, error: 'unexpected', text: 'unexpected error' },
  io: { status: 502, grpc: 14, closes: true, error: 'i/o', text: 'connection error' },
  'identity-required': { status: 502, grpc: 14, closes: true, error: 'identity required', text: 'identity required' },
  'no-backend': { status: 502, grpc: 14, closes: true, error: 'unexpected', text: 'the route has no backend' },
  'load-shed': { status: 503, grpc: 14, closes: true, error: 'loadshed', text: 'service overloaded' },
  failfast: { status: 504, grpc: 4, closes: true, error: 'failfast', text: 'service in fail-fast' },
  timeout: { status: 504, grpc: 4, closes: false, error: 'response timeout', text: 'timed out' },
  'connect-timeout': { status: 504, grpc: 4, closes: true, error: 'i/o', text: 'connect timed out' },
  'gateway-loop': { status: 508, grpc: 10, closes: true, error: 'gateway loop', text: 'gateway loop detected' },
  'gateway-domain': { status: 404, grpc: 5, closes: false, error: 'gateway domain invalid', text: 'unknown gateway' },
} as const satisfies Record<string, Row>;

export type RefusalCode = keyof typeof table;

export interface Refusal extends Row {
  readonly code: RefusalCode;
  /** Of a redirect. */
  readonly location?: string | undefined;
}

const made = Object.fromEntries(
  Object.entries(table).map(([code, row]) => [code, Object.freeze({ code, ...row })]),
) as unknown as Readonly<Record<RefusalCode, Refusal>>;

/** The refusal of a code; the same object each time. */
export const refusal = (code: RefusalCode): Refusal => made[code];

/** A refusal with particulars: another text, a status from the policy, a location. */
export const refusalWith = (code: RefusalCode, change: Partial<Omit<Refusal, 'code'>>): Refusal => ({
  ...made[code],
  ...change,
});

const codeOfAbort: Readonly<Record<AbortKind, RefusalCode>> = {
  'client-gone': 'io',
  reset: 'io',
  refused: 'io',
  'connection-lost': 'io',
  'connect-failed': 'io',
  'connect-timeout': 'connect-timeout',
  overloaded: 'load-shed',
  failfast: 'failfast',
  'identity-required': 'identity-required',
  protocol: 'io',
  timeout: 'timeout',
  revoked: 'unauthorized',
  drain: 'io',
  'no-longer-needed': 'io',
};

/** What the client is told when upstream failed before it answered. */
export const refusalForAbort = (cause: AbortCause): Refusal =>
  refusalWith(codeOfAbort[cause.kind], { text: cause.detail });

/** Every row, for the reference page and tests. */
export const refusals: readonly Refusal[] = Object.values(made);
