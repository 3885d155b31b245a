/** `heddle diagnostics policy`: the policy as proxies get it, inbound of a pod or outbound of a Service. */
import {
  createMessage,
  type GrpcClient,
  inboundApi,
  inboundPolicyFromProto,
  outboundApi,
  outboundPolicyFromProto,
} from '@heddle/api';
import { formatSocketAddress, parseIp } from '@heddle/names';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { nameOf, namespaceOf, textAt } from '../cluster/fields.ts';
import { requireInstall } from '../cluster/install-values.ts';
import { controlPlanePods, podsNamed } from '../cluster/pods.ts';
import { exitCodes, type Output } from '../output.ts';
import { apiPorts, askDestination } from './ask.ts';
import { readableJson } from './readable-json.ts';

interface PolicyOptions {
  readonly namespace?: string;
  /** `namespace/pod`. */
  readonly from?: string;
}

const timeoutMs = 10_000;

export const showPolicy = async (
  cluster: Cluster,
  target: string,
  portText: string,
  options: PolicyOptions,
  output: Output,
): Promise<number> => {
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    output.error(`${portText} is no port; write a number from 1 to 65535\n`);
    return exitCodes.usage;
  }
  const namespace = options.namespace ?? cluster.namespace;
  const authority = await outboundAuthority(cluster, target, namespace, port);
  const answer =
    authority === undefined
      ? await inbound(cluster, target, namespace, port)
      : await outbound(cluster, authority, options.from);
  if (answer.kind === 'invalid') throw new CommandFailure(`the control plane's answer for ${target}: ${answer.reason}`);
  output.out(readableJson(answer.value));
  return exitCodes.ok;
};

/** Undefined for what is no target of outbound traffic: a workload. */
const outboundAuthority = async (
  cluster: Cluster,
  target: string,
  namespace: string,
  port: number,
): Promise<string | undefined> => {
  const ip = parseIp(target);
  if (ip.kind === 'ok') return formatSocketAddress(ip.value, port);
  const [kind = '', name = ''] = target.split('/');
  if (!['svc', 'service', 'services'].includes(kind)) return undefined;
  const { values } = await requireInstall(cluster);
  return `${name}.${namespace}.svc.${textAt(values, 'clusterDomain') || 'cluster.local'}:${port}`;
};

const inbound = async (cluster: Cluster, target: string, namespace: string, port: number) => {
  const [pod] = await podsNamed(cluster, target, namespace);
  const request = createMessage(inboundApi.PortSpecSchema, { workload: tokenOf(pod), port });
  const message = await askDestination(cluster, apiPorts.policy, (client) =>
    client.unary(inboundApi.InboundServerPolicies.method.getPort, request, { timeoutMs }),
  );
  return inboundPolicyFromProto(message);
};

const outbound = async (cluster: Cluster, authority: string, from: string | undefined) => {
  const sourceWorkload = from === undefined ? tokenOf((await controlPlanePods(cluster))[0]) : tokenFrom(from);
  const request = createMessage(outboundApi.TrafficSpecSchema, {
    sourceWorkload,
    target: { case: 'authority', value: authority },
  });
  const message = await askDestination(cluster, apiPorts.policy, (client: GrpcClient) =>
    client.unary(outboundApi.OutboundPolicies.method.get, request, { timeoutMs }),
  );
  return outboundPolicyFromProto(message);
};

const tokenOf = (pod: unknown): string => JSON.stringify({ ns: namespaceOf(pod), pod: nameOf(pod) });

const tokenFrom = (from: string): string => {
  const [ns, pod, ...more] = from.split('/');
  if (ns && pod && more.length === 0) return JSON.stringify({ ns, pod });
  throw new CommandFailure(`--from: ${JSON.stringify(from)} is no pod; write <namespace>/<pod>`);
};
