/** Sidecars that are there already: ours, or another mesh's, with which a proxy of ours would fight over the traffic. */
import type { PodView } from './pod-view.ts';

const ownNames = new Set(['linkerd-proxy', 'linkerd-init', 'linkerd-network-validator']);
const foreignNames = new Set(['istio-proxy', 'istio-init', 'istio-validation', 'kuma-sidecar', 'consul-dataplane']);
/** Also under another name, and from any registry. */
const foreignImage = /(?:^|\/)(?:istio-release|istio)\/(?:proxyv2|proxy_init)(?:[:@]|$)/;

export const hasSidecar = ({ containers, initContainers = [] }: PodView): boolean =>
  [...containers, ...initContainers].some(
    ({ name, image }) => ownNames.has(name) || foreignNames.has(name) || foreignImage.test(image),
  );
