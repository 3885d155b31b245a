/** Which answers of the control plane end a watch for good (wire §3.4). Everything else is retried. */
import type { RpcCode, RpcError } from '../grpc/rpc-error.ts';

export type IsFinal = (error: RpcError) => boolean;

const isOneOf =
  (...codes: readonly RpcCode[]): IsFinal =>
  ({ code }) =>
    codes.includes(code);

export const finalErrors = {
  /** `Destination.Get` and `GetProfile`: there is no such thing. */
  destination: isOneOf('invalid-argument', 'failed-precondition'),
  /** `WatchPort`: the last value stays. */
  inboundPolicy: isOneOf('invalid-argument', 'failed-precondition'),
  /** Outbound `Watch`: the last two mean "no policy", the first two that the connection must be refused. */
  outboundPolicy: isOneOf('invalid-argument', 'failed-precondition', 'not-found', 'unimplemented'),
} as const;
