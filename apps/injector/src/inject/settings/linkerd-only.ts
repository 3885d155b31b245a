/**
 * What only Linkerd's own proxy does something about, and what only ours does. Which of them an image holds can be seen
 * from the name that Linkerd publishes its own under; any other image is taken to be what the install says.
 */
import type { Settings } from './definitions.ts';

/** Settings that our proxy has no use for, and why. */
export const linkerdOnly = {
  cpuRatioLimit: 'it has one thread for traffic whatever the node has; its requests and limits hold',
  logFormat: 'it logs JSON',
  logHttpHeaders: 'it never logs headers',
  hasHostnameLabels: 'its metrics have no label for a hostname',
  hasExternalProfiles: 'it asks for profiles of names of the cluster only',
  isGateway: 'it is no multicluster gateway',
  controlPort: 'it does not serve tap there',
} as const satisfies Partial<Record<keyof Settings, string>>;

export type LinkerdOnly = keyof typeof linkerdOnly;

/** `cr.l5d.io/linkerd/proxy`, from any registry, with or without a tag. */
export const isLinkerdsProxy = ({ proxyImage }: Pick<Settings, 'proxyImage'>): boolean =>
  /(?:^|\/)linkerd\/proxy(?:[:@]|$)/.test(proxyImage);
