/** Destination: the endpoints of services, and what is known about a target (wire §2.9, §3.7). */

import type { CallContext } from '@heddle/api';
import {
  type BoundService,
  destinationApi,
  endpointUpdateToProto,
  profileToProto,
  RpcError,
  serveWith,
} from '@heddle/api';
import { diffEndpoints, type EndpointSet, type ProfileAnswer, parseTarget, type ServiceTarget } from '@heddle/catalog';
import { endpointsQuestion, profileQuestion } from '../subscriptions/question.ts';
import { admitClient, type Client, requireCaller } from './callers.ts';
import { countedStream, once, type ServiceDeps } from './streams.ts';

export const destinationService = (deps: ServiceDeps): BoundService =>
  serveWith(destinationApi.Destination, {
    get: countedStream(deps, 'Destination.Get', async function* ({ path, contextToken }, call) {
      const client = admitClient(deps, contextToken, call);
      const target = serviceOf(path, deps.clusterDomain);
      const question = endpointsQuestion({ ...target, nodeName: client.nodeName });
      let sent: EndpointSet | undefined;
      let isFirst = true;
      for await (const endpoints of deps.answers.watch(question, call.signal)) {
        requireClient(deps, client, call);
        if (endpoints) yield* updatesTo(endpoints)(sent ?? nothing);
        else if (isFirst) throw new RpcError('not-found', `there is no Service ${target.namespace}/${target.service}`);
        else yield endpointUpdateToProto({ kind: 'noEndpoints', exists: false });
        sent = endpoints;
        isFirst = false;
      }
    }),
    getProfile: countedStream(deps, 'Destination.GetProfile', async function* ({ path, contextToken }, call) {
      const client = admitClient(deps, contextToken, call);
      const target = parseTarget(path, deps.clusterDomain);
      if (target.kind === 'error') throw new RpcError('invalid-argument', target.message);
      const question = profileQuestion(target, client.pod?.namespace);
      for await (const answer of deps.answers.watch(question, call.signal)) {
        requireClient(deps, client, call);
        if (answer.kind === 'conflict') throw new RpcError('failed-precondition', answer.message);
        yield profileMessage(answer);
      }
    }),
  });

const requireClient = (deps: ServiceDeps, { pod }: Client, call: CallContext): void => {
  if (pod) requireCaller(deps, pod, call);
};

/** Endpoints are asked for by name, never by address. */
const serviceOf = (path: string, clusterDomain: string): ServiceTarget => {
  const target = parseTarget(path, clusterDomain);
  if (target.kind === 'error') throw new RpcError('invalid-argument', target.message);
  if (target.kind === 'address') throw new RpcError('invalid-argument', `${path} is an address; ask for its profile`);
  return target;
};

/** Before the first answer. */
const nothing = {};

/** The messages that lead from one answer to another. Many streams take the same step at the same time. */
const updatesTo = once((after: EndpointSet) =>
  once((before: EndpointSet | typeof nothing) =>
    diffEndpoints(isEndpoints(before) ? before : undefined, after).map(endpointUpdateToProto),
  ),
);

const isEndpoints = (answer: EndpointSet | typeof nothing): answer is EndpointSet => answer !== nothing;

const profileMessage = once((answer: Extract<ProfileAnswer, { kind: 'profile' }>) => profileToProto(answer.profile));
