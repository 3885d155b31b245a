/**
 * Probes and hooks over HTTPS that are refused where no Server selects their port: the kubelet has no mesh identity, and
 * of TLS the proxy cannot see the path (docs/reference/probes.md). What a default policy grants, a catalog says.
 */
import { type Catalog, includesPort, parsePortList } from '@heddle/catalog';
import type { Container, KubernetesObject, Pod } from '@heddle/crds/core';
import { createOfflineCluster, parseObject } from '@heddle/manifests';
import { type IpAddress, networkContains, parseIp } from '@heddle/names';
import { compilePolicy, decideTcp, forConnection } from '@heddle/policy';
import { textAt } from '../cluster/fields.ts';
import { catalogOptionsFrom, networksFrom } from '../cluster/install-values.ts';
import { type Finding, noneOrWarned, ok, withKnown } from './check.ts';
import type { ClusterFacts } from './facts.ts';

const hint =
  'let the nodes in by a Server (proxyProtocol: TLS or opaque) and an AuthorizationPolicy with a NetworkAuthentication, name the port in config.linkerd.io/skip-inbound-ports, or probe over HTTP or by exec; docs/reference/probes.md has the YAML';

/** Of meshed pods. Servers are asked for only when one of these is probed over HTTPS. */
export const httpsProbes = (
  pods: readonly unknown[],
  { servers, namespaces, values, linkerdNamespace }: ClusterFacts,
): Finding => {
  const probed = objectsFrom(pods).filter(
    (object): object is Pod => object.kind === 'Pod' && httpsCallsOf(object).length > 0,
  );
  if (probed.length === 0) return ok();
  return withKnown(servers, (allServers) =>
    withKnown(namespaces, (allNamespaces) =>
      withKnown(values, (install) => {
        const objects = [...probed, ...objectsFrom(allServers), ...objectsFrom(allNamespaces)];
        const { catalog } = createOfflineCluster(objects, catalogOptionsFrom(install, linkerdNamespace));
        return noneOrWarned(
          probed.flatMap((pod) => refusedOf(pod, catalog, install)),
          hint,
        );
      }),
    ),
  );
};

const objectsFrom = (values: readonly unknown[]): readonly KubernetesObject[] =>
  values.flatMap((value) => {
    const result = parseObject(value);
    return result.kind === 'object' ? [result.object] : [];
  });

interface HttpsCalls {
  readonly container: string;
  readonly port: number;
  /** The fields that ask: `readinessProbe`. */
  readonly by: readonly string[];
}

const httpsCallsOf = ({ spec }: Pod): readonly HttpsCalls[] =>
  [...spec.initContainers, ...spec.containers].flatMap((container) =>
    [...Map.groupBy(fieldsOver(container), ({ port }) => port)].map(([port, fields]) => ({
      container: container.name,
      port,
      by: fields.map(({ by }) => by),
    })),
  );

const fieldsOver = (container: Container): readonly { readonly by: string; readonly port: number }[] =>
  (['livenessProbe', 'readinessProbe', 'startupProbe', 'postStart', 'preStop'] as const).flatMap((by) => {
    const httpGet = container[by]?.httpGet;
    // With a host of its own the call goes elsewhere.
    if (httpGet?.scheme !== 'HTTPS' || httpGet.host !== '') return [];
    // A name is that of a port of this container; the kubelet knows no other.
    const port =
      typeof httpGet.port === 'number'
        ? httpGet.port
        : container.ports.find(({ name }) => name === httpGet.port)?.containerPort;
    return port === undefined ? [] : [{ by, port }];
  });

const refusedOf = (pod: Pod, catalog: Catalog, values: unknown): readonly string[] => {
  const { namespace, name } = pod.metadata;
  // Before it has a node, nobody probes it.
  const node = parseIp(pod.status.hostIps[0] ?? '');
  if (node.kind === 'error') return [];
  return httpsCallsOf(pod).flatMap(({ container, port, by }) => {
    if (isPastProxy(pod, port, node.value, values)) return [];
    const policy = catalog.inboundPolicy(namespace, name, port);
    if (policy?.server.kind !== 'default') return [];
    const client = { clientIp: node.value, tls: { kind: 'none' }, isLocal: false } as const;
    if (decideTcp(forConnection(compilePolicy(policy), client)).kind === 'permit') return [];
    return [
      `${namespace}/${name}: container ${container}, port ${port}: ${by.join(', ')} over HTTPS, which default policy ${policy.server.name} refuses`,
    ];
  });
};

/** Redirection is as it was set up when the pod was made: by annotations that the pod has got, or by the install. */
const isPastProxy = ({ metadata: { annotations } }: Pod, port: number, node: IpAddress, values: unknown): boolean => {
  const skipped =
    annotations['config.linkerd.io/skip-inbound-ports'] ?? textAt(values, 'proxyInit', 'ignoreInboundPorts');
  const subnets = annotations['config.linkerd.io/skip-subnets'] ?? textAt(values, 'proxyInit', 'skipSubnets');
  return (
    includesPort(parsePortList(skipped), port) ||
    networksFrom(subnets.split(',')).some((network) => networkContains(network, node))
  );
};
