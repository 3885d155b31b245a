/** The labels and annotations of the mesh that the catalog reads (reference features §2.1, §2.6). */
import type { DefaultPolicyName, ObjectMeta } from '@heddle/crds';
import { type PortList, parsePortList } from './port-list.ts';

/** On every meshed pod: the namespace of the control plane it belongs to. */
export const CONTROL_PLANE_LABEL = 'linkerd.io/control-plane-ns';
/** Which part of a control plane a pod is. */
export const CONTROL_PLANE_COMPONENT_LABEL = 'linkerd.io/control-plane-component';

const DEFAULT_POLICIES: ReadonlySet<string> = new Set<DefaultPolicyName>([
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'deny',
  'audit',
]);

/** The default inbound policy an object asks for. A name that does not exist is `deny`: a typing error never opens a port. */
export const defaultPolicyOf = (metadata: ObjectMeta | undefined): DefaultPolicyName | undefined => {
  const text = annotation(metadata, 'default-inbound-policy')?.trim();
  if (text === undefined) return undefined;
  return DEFAULT_POLICIES.has(text) ? (text as DefaultPolicyName) : 'deny';
};

/** Undefined when the object says nothing; an empty annotation is a list without ports. */
export const opaquePortsOf = (metadata: ObjectMeta | undefined): PortList | undefined =>
  portListOf(metadata, 'opaque-ports');

/** Ports on which a mesh identity is always required. */
export const identityPortsOf = (metadata: ObjectMeta | undefined): PortList | undefined =>
  portListOf(metadata, 'proxy-require-identity-inbound-ports');

/** Ports that bypass the proxy on the way in. */
export const skippedPortsOf = (metadata: ObjectMeta | undefined): PortList | undefined =>
  portListOf(metadata, 'skip-inbound-ports');

/** A port of the pod's own proxy, where it is not the usual one. */
export const proxyPortOf = (metadata: ObjectMeta, name: 'inbound-port' | 'admin-port'): number | undefined => {
  const port = Number(annotation(metadata, name));
  return Number.isInteger(port) && port >= 1 && port <= 65_534 ? port : undefined;
};

const portListOf = (metadata: ObjectMeta | undefined, name: string): PortList | undefined => {
  const text = annotation(metadata, name);
  return text === undefined ? undefined : parsePortList(text);
};

const annotation = (metadata: ObjectMeta | undefined, name: string): string | undefined =>
  metadata?.annotations[`config.linkerd.io/${name}`];
