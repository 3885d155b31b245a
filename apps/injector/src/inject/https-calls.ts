/**
 * Probes and hooks over HTTPS. The proxy lets the kubelet's other calls through by their paths; of these it sees TLS
 * from a client without a mesh identity. Nothing opens for them by itself, so people are to hear of it before they
 * wonder why the pod does not become ready (docs/reference/probes.md).
 */
import type { InjectionContext } from './context.ts';
import type { ContainerView, HttpsCallView } from './pod-view.ts';
import type { Settings } from './settings/definitions.ts';
import { includesPort } from './settings/port-lists.ts';

/** A warning for each port of each container. Whether a Server lets the nodes in is not known here. */
export const warnOfHttpsCalls = ({ pod, settings }: Pick<InjectionContext, 'pod' | 'settings'>): readonly string[] =>
  [...pod.containers, ...(pod.initContainers ?? [])].flatMap((container) =>
    [...Map.groupBy(container.httpsCalls, ({ port }) => numberOf(port, container))].flatMap(([port, calls]) => {
      const refusal = port === undefined ? undefined : refusalOf(port, settings);
      if (refusal === undefined) return [];
      return [
        `container ${container.name}, port ${port}: ${calls.map(({ by }) => by).join(', ')} over HTTPS, ` +
          `without a mesh identity, which ${refusal} refuses unless a Server (proxyProtocol: TLS or opaque) and an ` +
          'AuthorizationPolicy with a NetworkAuthentication let the nodes in; or name the port in ' +
          'config.linkerd.io/skip-inbound-ports, or probe over HTTP or by exec',
      ];
    }),
  );

/** As the kubelet finds it: among the ports of this container. Without one it asks nobody, and says so itself. */
const numberOf = (port: HttpsCallView['port'], { ports }: ContainerView): number | undefined =>
  typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.port;

/** What refuses TLS from a client without an identity; undefined when it gets through, or past the proxy. */
const refusalOf = (port: number, settings: Settings): string | undefined => {
  const { adminPort, controlPort, skipInboundPorts, requireIdentityPorts, defaultInboundPolicy } = settings;
  if (port === adminPort || port === controlPort || includesPort(skipInboundPorts, port)) return undefined;
  switch (defaultInboundPolicy) {
    case 'all-authenticated':
    case 'cluster-authenticated':
    case 'deny':
      return `default-inbound-policy ${defaultInboundPolicy}`;
    case 'all-unauthenticated':
    case 'audit':
    // Only a scheduled pod has a node, whose address may be outside the cluster's networks: `heddle check` looks.
    case 'cluster-unauthenticated':
      return includesPort(requireIdentityPorts, port) ? 'proxy-require-identity-inbound-ports' : undefined;
  }
};
