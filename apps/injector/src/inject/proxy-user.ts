/**
 * Redirection lets through what the proxy's user (and group, where it has one) sends, or the proxy would talk to itself.
 * So a container of the application under that user would pass by every policy: such pods are refused (DESIGN §8). What
 * an image's own default user is cannot be seen from here.
 */
import type { ContainerView, PodView } from './pod-view.ts';
import type { Settings } from './settings/definitions.ts';

/** What is wrong, and how to mend it. */
export const findProxyUsers = (pod: PodView, { uid, gid }: Settings): readonly string[] =>
  [...pod.containers, ...(pod.initContainers ?? [])].flatMap((container) => {
    const { user, group } = runAsOf(pod, container);
    if (user === uid) {
      return [
        `container ${container.name} runs as the proxy's user ${uid}; change its runAsUser, or set ${uidAnnotation}`,
      ];
    }
    return gid >= 0 && group === gid
      ? [`container ${container.name} runs as the proxy's group ${gid}; change its runAsGroup, or set ${gidAnnotation}`]
      : [];
  });

/** Another user than the install's may be the default of an image. */
export const warnOfImageUsers = (pod: PodView, settings: Settings, install: Settings): readonly string[] =>
  settings.uid !== install.uid && pod.containers.some((container) => runAsOf(pod, container).user === undefined)
    ? [
        `a container without runAsUser could run as ${settings.uid}, the proxy's user, and pass by the mesh; set runAsUser`,
      ]
    : [];

const uidAnnotation = 'config.linkerd.io/proxy-uid';
const gidAnnotation = 'config.linkerd.io/proxy-gid';

export const runAsOf = (pod: PodView, container: ContainerView): ContainerView['runAs'] => ({
  user: container.runAs.user ?? pod.runAs.user,
  group: container.runAs.group ?? pod.runAs.group,
});
