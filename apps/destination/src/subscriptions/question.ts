/** What a stream can ask of the catalog, and by which changes its answer may have changed. */
import type {
  Catalog,
  Changes,
  EndpointSet,
  EndpointsQuery,
  OutboundAnswer,
  ProfileAnswer,
  Target,
} from '@heddle/catalog';
import { formatIp, formatSocketAddress } from '@heddle/names';
import type { InboundPolicy } from '@heddle/policy';

export interface Question<Answer> {
  /** Equal questions have equal keys, and share one answer. */
  readonly key: string;
  /** The answer is looked at again when a change names one of these; see `dependenciesNamedIn`. */
  readonly dependencies: readonly string[];
  readonly answerFrom: (catalog: Catalog) => Answer;
}

/** Undefined while the pod is unknown. */
export const inboundQuestion = (namespace: string, pod: string, port: number): Question<InboundPolicy | undefined> => ({
  key: `inbound ${namespace}/${pod} ${port}`,
  dependencies: [`inbound ${namespace}/${pod}`, `inbound ${namespace}/${pod} ${port}`],
  answerFrom: (catalog) => catalog.inboundPolicy(namespace, pod, port),
});

/** Undefined while the Service does not exist. */
export const endpointsQuestion = (query: EndpointsQuery): Question<EndpointSet | undefined> => {
  const { namespace, service, port, instance = '', nodeName } = query;
  const endpoints = `endpoints ${namespace}/${service}`;
  return {
    key: `${endpoints} ${port} ${instance} ${nodeName ?? ''}`,
    dependencies: nodeName === undefined ? [endpoints] : [endpoints, `node ${nodeName}`],
    answerFrom: (catalog) => catalog.endpoints(query),
  };
};

export const profileQuestion = (target: Target, clientNamespace: string | undefined): Question<ProfileAnswer> => ({
  key: `profile ${keyOfTarget(target)} from ${clientNamespace ?? ''}`,
  dependencies: dependenciesOfTarget(target),
  answerFrom: (catalog) => catalog.profile(target, clientNamespace),
});

export const outboundQuestion = (target: Target, clientNamespace: string): Question<OutboundAnswer> => ({
  key: `outbound ${keyOfTarget(target)} from ${clientNamespace}`,
  // Whose EgressNetworks count is the catalog's to say; they seldom change.
  dependencies: target.kind === 'address' ? [...dependenciesOfTarget(target), EGRESS] : dependenciesOfTarget(target),
  answerFrom: (catalog) => catalog.outboundPolicy(target, clientNamespace),
});

const EGRESS = 'egress';

const keyOfTarget = (target: Target): string =>
  target.kind === 'address'
    ? formatSocketAddress(target.ip, target.port)
    : `${target.namespace}/${target.service} ${target.port} ${target.instance ?? ''}`;

const dependenciesOfTarget = (target: Target): readonly string[] => {
  if (target.kind === 'address') return [`address ${formatIp(target.ip)}`];
  const service = `${target.namespace}/${target.service}`;
  // What is known about one instance of a Service follows from its endpoints.
  return target.instance === undefined ? [`service ${service}`] : [`service ${service}`, `endpoints ${service}`];
};

/** What a change names, as questions depend on it. */
export function* dependenciesNamedIn(changes: Changes): Generator<string> {
  for (const [workload, ports] of changes.inbound) {
    if (ports === 'all') yield `inbound ${workload}`;
    else for (const port of ports) yield `inbound ${workload} ${port}`;
  }
  for (const service of changes.endpoints) yield `endpoints ${service}`;
  for (const service of changes.services) yield `service ${service}`;
  for (const address of changes.addresses) yield `address ${address}`;
  if (changes.egress.size > 0) yield EGRESS;
  for (const node of changes.nodes) yield `node ${node}`;
}
