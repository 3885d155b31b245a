/** Outcomes of remote calls, with the status codes of gRPC under names that read. */

const numbers = {
  cancelled: 1,
  unknown: 2,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'not-found': 5,
  'already-exists': 6,
  'permission-denied': 7,
  'resource-exhausted': 8,
  'failed-precondition': 9,
  aborted: 10,
  'out-of-range': 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  'data-loss': 15,
  unauthenticated: 16,
} as const;

export type RpcCode = keyof typeof numbers;

const names = new Map<number, RpcCode>(Object.entries(numbers).map(([name, number]) => [number, name as RpcCode]));

/** Thrown by handlers to answer with a status, and by clients that received one. The message is for the peer to read. */
export class RpcError extends Error {
  readonly code: RpcCode;

  constructor(code: RpcCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RpcError';
    this.code = code;
  }

  /** The code's number on the wire. */
  get status(): number {
    return numbers[this.code];
  }
}

/** A status as @grpc/grpc-js reports it: an error with `code` and `details`. Anything else is `unknown`. */
export const rpcErrorFrom = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  if (typeof error !== 'object' || error === null) return new RpcError('unknown', String(error));
  const code = 'code' in error && typeof error.code === 'number' ? names.get(error.code) : undefined;
  const details = 'details' in error && typeof error.details === 'string' ? error.details : undefined;
  return new RpcError(code ?? 'unknown', details ?? (error instanceof Error ? error.message : 'unknown error'), error);
};
