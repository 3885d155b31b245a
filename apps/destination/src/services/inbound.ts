/** InboundServerPolicies: what a port of a workload answers to whom (wire §2.10, §3.8). */
import {
  type BoundService,
  type CallContext,
  inboundApi,
  inboundPolicyToProto,
  RpcError,
  serveWith,
} from '@heddle/api';
import type { InboundPolicy } from '@heddle/policy';
import { inboundQuestion, type Question } from '../subscriptions/question.ts';
import { admitWorkload, requireCaller } from './callers.ts';
import { countedCall, countedStream, once, type ServiceDeps } from './streams.ts';
import type { PodName } from './tokens.ts';

export const inboundService = (deps: ServiceDeps): BoundService =>
  serveWith(inboundApi.InboundServerPolicies, {
    getPort: countedCall(deps, 'GetPort', (spec, call) => {
      const { pod, question } = admit(deps, spec, call);
      return messageOf(deps.answers.ask(question), pod);
    }),
    watchPort: countedStream(deps, 'WatchPort', async function* (spec, call) {
      const { pod, question } = admit(deps, spec, call);
      for await (const policy of deps.answers.watch(question, call.signal)) {
        requireCaller(deps, pod, call);
        yield messageOf(policy, pod);
      }
    }),
  });

interface Admitted {
  readonly pod: PodName;
  readonly question: Question<InboundPolicy | undefined>;
}

const admit = (deps: ServiceDeps, { workload, port }: inboundApi.PortSpec, call: CallContext): Admitted => {
  const pod = admitWorkload(deps, workload, call);
  if (port < 1 || port > 65_535) throw new RpcError('invalid-argument', `${port} is not a port`);
  return { pod, question: inboundQuestion(pod.namespace, pod.pod, port) };
};

const toMessage = once(inboundPolicyToProto);

const messageOf = (policy: InboundPolicy | undefined, { namespace, pod }: PodName): inboundApi.Server => {
  if (!policy) throw new RpcError('unavailable', `pod ${namespace}/${pod} is not known any more`);
  return toMessage(policy);
};
