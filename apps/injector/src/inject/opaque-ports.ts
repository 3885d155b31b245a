/**
 * `config.linkerd.io/opaque-ports` on pods and Services: what discovery and proxies go by. It is written down even where
 * no proxy is injected, since clients that have one must know (features §2.1).
 */
import type { PodView } from './pod-view.ts';
import type { ServiceView } from './service-view.ts';
import { includesPort, type PortEntry } from './settings/port-lists.ts';

export const opaquePortsAnnotation = 'config.linkerd.io/opaque-ports';

type Annotations = Readonly<Record<string, string>>;

/** The annotation that a pod lacks: its namespace's, else those of the defaults that its containers expose. */
export const podOpaquePorts = (pod: PodView, namespace: Annotations, defaults: readonly PortEntry[]): Annotations =>
  missing(pod.annotations, namespace, () =>
    tcpPortsOf(pod).flatMap(({ port }) => (includesPort(defaults, port) ? [port] : [])),
  );

/** The same for a Service: the ports of its own that are among the defaults, or whose targets are. */
export const serviceOpaquePorts = (
  service: ServiceView,
  namespace: Annotations,
  defaults: readonly PortEntry[],
): Annotations =>
  missing(service.annotations, namespace, () =>
    service.ports.flatMap(({ port, targetPort }) =>
      includesPort(defaults, port) || includesPort(defaults, targetPort) ? [port] : [],
    ),
  );

/** Ports of containers, and of init containers that go on running. */
export const tcpPortsOf = ({ containers, initContainers = [] }: PodView): PodView['containers'][number]['ports'] =>
  [...containers, ...initContainers.filter(({ isNativeSidecar }) => isNativeSidecar)]
    .flatMap(({ ports }) => ports)
    .filter(({ protocol }) => protocol === 'TCP');

const missing = (own: Annotations | undefined, namespace: Annotations, ports: () => readonly number[]): Annotations => {
  if (own?.[opaquePortsAnnotation] !== undefined) return {};
  const inherited = namespace[opaquePortsAnnotation];
  if (inherited !== undefined) return { [opaquePortsAnnotation]: inherited };
  const found = [...new Set(ports())].sort((a, b) => a - b);
  return found.length === 0 ? {} : { [opaquePortsAnnotation]: found.join(',') };
};
