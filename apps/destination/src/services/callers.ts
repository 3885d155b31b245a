/**
 * Who may ask for what (DESIGN §2): a caller speaks for the pod that its request names only when its certificate has
 * that pod's identity. Nobody is trusted for where they are. The one exception is switched on by configuration: a peer
 * on this machine's loopback interface, in clear, for diagnostics.
 *
 *     not synced yet                 unavailable         it will be known in a moment
 *     token unreadable               invalid-argument    asking again will not help
 *     pod not seen yet               unavailable         the proxy may be faster than the watch
 *     pod of another identity        permission-denied
 *
 * Never not-found and never unimplemented: a client takes these as leave to forward in plaintext (wire §3.4).
 */
import { type CallContext, RpcError } from '@heddle/api';
import type { Catalog } from '@heddle/catalog';
import { type PodName, parseContextToken, parseWorkloadToken } from './tokens.ts';

export interface CallerRules {
  readonly catalog: Catalog;
  /** Whether the sources have delivered their first state. */
  readonly isSynced: () => boolean;
}

/** The client of a destination query. */
export interface Client {
  /** Absent for a diagnostic caller that names no pod. */
  readonly pod: PodName | undefined;
  readonly nodeName: string | undefined;
}

/** The pod that a workload token names, once the caller may speak for it. @throws {RpcError} */
export const admitWorkload = (rules: CallerRules, tokenText: string, call: CallContext): PodName => {
  requireSynced(rules);
  const token = parseWorkloadToken(tokenText);
  if (token.kind === 'error') throw new RpcError('invalid-argument', token.message);
  if (token.kind === 'externalWorkload') {
    throw new RpcError('permission-denied', 'external workloads are not served by this version');
  }
  requireCaller(rules, token, call);
  return token;
};

/** The client that a context token describes, once the caller may speak for it. @throws {RpcError} */
export const admitClient = (rules: CallerRules, tokenText: string, call: CallContext): Client => {
  requireSynced(rules);
  const token = parseContextToken(tokenText);
  if (token.kind === 'error') throw new RpcError('invalid-argument', token.message);
  if (token.kind === 'anonymous') {
    if (call.isLoopbackCleartext) return { pod: undefined, nodeName: token.nodeName };
    throw new RpcError('permission-denied', 'the context token names no pod');
  }
  requireCaller(rules, token, call);
  const { nodeName } = rules.catalog.workload(token.namespace, token.pod)?.pod.spec ?? { nodeName: '' };
  return { pod: token, nodeName: nodeName === '' ? token.nodeName : nodeName };
};

/** Asked at the start of a stream and before each of its messages: the pod may have been replaced. @throws {RpcError} */
export const requireCaller = ({ catalog }: CallerRules, pod: PodName, call: CallContext): void => {
  const workload = catalog.workload(pod.namespace, pod.pod);
  if (!workload) throw new RpcError('unavailable', `pod ${pod.namespace}/${pod.pod} is not known yet`);
  if (call.isLoopbackCleartext || call.identity === workload.identity) return;
  throw new RpcError(
    'permission-denied',
    `${call.identity ?? 'a client without an identity'} may not ask for pod ${pod.namespace}/${pod.pod}`,
  );
};

const requireSynced = ({ isSynced }: CallerRules): void => {
  if (!isSynced()) throw new RpcError('unavailable', 'the state of the cluster is not complete yet');
};
