/**
 * Ephemeral containers join a pod that is there already, so what its proxy is can be read from the pod itself. As that
 * user, one would pass by every policy; whoever may add one (`pods/ephemeralcontainers`) need not be trusted with that.
 */
import type { PodView } from './pod-view.ts';
import { runAsOf } from './proxy-user.ts';
import { warnOfRights } from './rights-over-rules.ts';

export interface EphemeralCheck {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** A pod without a proxy may be joined by anything. */
export const checkEphemeralContainers = (pod: PodView): EphemeralCheck => {
  const proxy = [...(pod.initContainers ?? []), ...pod.containers].find(({ name }) => name === 'linkerd-proxy');
  if (proxy === undefined) return { problems: [], warnings: [] };
  const { user, group } = runAsOf(pod, proxy);
  const problems = pod.ephemeralContainers.flatMap((container) => {
    const runAs = runAsOf(pod, container);
    if (user !== undefined && runAs.user === user) {
      return [`container ${container.name} runs as the proxy's user ${user}; choose another runAsUser`];
    }
    return proxy.runAs.group !== undefined && runAs.group === group
      ? [`container ${container.name} runs as the proxy's group ${group}; choose another runAsGroup`]
      : [];
  });
  return { problems, warnings: pod.ephemeralContainers.flatMap(warnOfRights) };
};
