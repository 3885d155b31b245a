/** OutboundPolicies: how connections to a target are treated (wire §2.11, §3.8). */
import {
  type BoundService,
  type CallContext,
  decodeSocketAddress,
  outboundApi,
  outboundPolicyToProto,
  RpcError,
  serveWith,
} from '@heddle/api';
import { type OutboundAnswer, parseTarget, type Target } from '@heddle/catalog';
import { outboundQuestion, type Question } from '../subscriptions/question.ts';
import { admitWorkload, requireCaller } from './callers.ts';
import { countedCall, countedStream, once, type ServiceDeps } from './streams.ts';
import type { PodName } from './tokens.ts';

export const outboundService = (deps: ServiceDeps): BoundService =>
  serveWith(outboundApi.OutboundPolicies, {
    get: countedCall(deps, 'OutboundPolicies.Get', (spec, call) =>
      messageOf(deps.answers.ask(admit(deps, spec, call).question)),
    ),
    watch: countedStream(deps, 'OutboundPolicies.Watch', async function* (spec, call) {
      const { pod, question } = admit(deps, spec, call);
      for await (const answer of deps.answers.watch(question, call.signal)) {
        requireCaller(deps, pod, call);
        yield messageOf(answer);
      }
    }),
  });

interface Admitted {
  readonly pod: PodName;
  readonly question: Question<OutboundAnswer>;
}

const admit = (deps: ServiceDeps, spec: outboundApi.TrafficSpec, call: CallContext): Admitted => {
  const pod = admitWorkload(deps, spec.sourceWorkload, call);
  return { pod, question: outboundQuestion(targetOf(spec, deps.clusterDomain), pod.namespace) };
};

/** A name that is no Service's is not found, which is the truth; an address that is none is a mistake of the caller. */
const targetOf = ({ target }: outboundApi.TrafficSpec, clusterDomain: string): Target => {
  if (target.case === 'addr') {
    const address = decodeSocketAddress(target.value);
    if (address.kind === 'invalid') throw new RpcError('invalid-argument', address.reason);
    return { kind: 'address', ...address.value };
  }
  if (target.case === undefined) throw new RpcError('invalid-argument', 'the request names no target');
  const parsed = parseTarget(target.value, clusterDomain);
  if (parsed.kind === 'error') throw new RpcError('not-found', parsed.message);
  return parsed;
};

const toMessage = once((answer: Extract<OutboundAnswer, { kind: 'policy' }>) => outboundPolicyToProto(answer.policy));

const messageOf = (answer: OutboundAnswer): outboundApi.OutboundPolicy => {
  switch (answer.kind) {
    case 'policy':
      return toMessage(answer);
    case 'notFound':
      throw new RpcError('not-found', 'no policy is known for the target');
    case 'conflict':
      throw new RpcError('failed-precondition', answer.message);
  }
};
