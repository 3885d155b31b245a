/** Whether a response counts as a failure (wire §9.5): what makes success rates comparable between meshes. */

/** UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const failedGrpc: ReadonlySet<string> = new Set(['2', '4', '7', '13', '14', '15']);

/**
 * @param status 0 when the exchange ended without a response
 * @param grpcStatus as sent; empty where the response is not gRPC's
 */
export const classify = (status: number, grpcStatus: string): 'success' | 'failure' =>
  status === 0 || status >= 500 || failedGrpc.has(grpcStatus) ? 'failure' : 'success';

/**
 * A gRPC status as a label: what is no code of gRPC is UNKNOWN, as clients read it, so that a server cannot make a time
 * series for every text that it thinks of.
 */
export const grpcStatusLabel = (grpcStatus: string): string =>
  grpcStatus === '' || grpcCode.test(grpcStatus) ? grpcStatus : '2';

const grpcCode = /^(?:\d|1[0-6])$/;
