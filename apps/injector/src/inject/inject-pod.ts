/**
 * A pod that is about to be made -> what is done with it. The whole of injection is this function: the webhook, and
 * whoever else wants an injected pod, only feed it.
 *
 *     may it be injected? -> settings of this pod -> does anything forbid it? -> patch
 */

import type { PatchOperation } from '@heddle/admission';
import { debugContainer } from './containers/debug.ts';
import { proxyContainer } from './containers/proxy.ts';
import { redirectContainer } from './containers/redirect.ts';
import { volumesOf } from './containers/volumes.ts';
import type { InjectionContext } from './context.ts';
import type { InstallConfig } from './install-config.ts';
import { mayInject } from './may-inject.ts';
import { annotationsOf, labelsOf } from './metadata.ts';
import { podOpaquePorts } from './opaque-ports.ts';
import type { NamespaceView, Outcome, Owner } from './outcome.ts';
import { addEntries, addItems } from './patch.ts';
import type { PodView } from './pod-view.ts';
import { findProxyUsers } from './proxy-user.ts';
import { checkSettings } from './settings/check-settings.ts';
import { resolveSettings } from './settings/resolve-settings.ts';
import { formatSkipReasons, type SkipReason } from './skip-reasons.ts';
import { warningsOf } from './warnings.ts';

export interface PodUnderReview {
  readonly pod: PodView;
  readonly namespace: NamespaceView;
  readonly owner: Owner | undefined;
}

export const injectPod = ({ pod, namespace, owner }: PodUnderReview, install: InstallConfig): Outcome => {
  const { reasons, annotationAt, isIngress } = mayInject(pod, namespace.annotations);
  if (reasons.length > 0) {
    const opaquePorts = podOpaquePorts(pod, namespace.annotations, install.settings.opaquePorts);
    const patch = addEntries('/metadata/annotations', pod.annotations, opaquePorts);
    return { kind: 'skip', reasons, patch, annotationAt, warnings: warnOfSkip(reasons) };
  }
  const { settings, problems, warnings } = resolveSettings(
    install.settings,
    namespace.annotations,
    pod.annotations ?? {},
  );
  const context: InjectionContext = { pod, namespace, owner, install, settings, isIngress };
  const wrong = [...problems, ...checkSettings(settings), ...findProxyUsers(pod, settings), ...findTakenNames(context)];
  if (wrong.length > 0) return { kind: 'refuse', message: `the pod cannot be meshed: ${wrong.join('; ')}` };
  return {
    kind: 'inject',
    patch: patchOf(context),
    annotationAt,
    warnings: [...warnings, ...warningsOf(context)],
  };
};

const patchOf = (context: InjectionContext): readonly PatchOperation[] => {
  const { pod, settings } = context;
  const redirect = redirectContainer(context);
  const proxy = proxyContainer(context);
  const debug = settings.isDebugEnabled ? [debugContainer(context)] : [];
  return [
    ...addEntries('/metadata/labels', pod.labels, labelsOf(context)),
    ...addEntries('/metadata/annotations', pod.annotations, annotationsOf(context)),
    ...addItems('/spec/volumes', pod.volumeNames, volumesOf(settings), 'end'),
    // A native sidecar runs before the pod's own init containers, so that these are meshed; without one they have to run
    // before redirection, which would leave them without a network.
    ...(settings.isNativeSidecar
      ? addItems('/spec/initContainers', pod.initContainers, [redirect, proxy], 'start')
      : addItems('/spec/initContainers', pod.initContainers, [redirect], 'end')),
    // The kubelet starts containers in their order, and waits for a postStart hook before it starts the next.
    ...(settings.isNativeSidecar
      ? []
      : addItems('/spec/containers', pod.containers, [proxy], settings.isAwaited ? 'start' : 'end')),
    ...addItems('/spec/containers', pod.containers, debug, 'end'),
  ];
};

/** Names of containers and volumes are unique in a pod; the API server would say less well why it refuses. */
const findTakenNames = ({ pod, settings }: InjectionContext): readonly string[] => {
  const volumes = new Set(volumesOf(settings).map(({ name }) => name));
  const taken = (pod.volumeNames ?? []).filter((name) => volumes.has(name)).map((name) => `volume ${name}`);
  const hasDebug = [...pod.containers, ...(pod.initContainers ?? [])].some(({ name }) => name === 'linkerd-debug');
  if (settings.isDebugEnabled && hasDebug) taken.push('container linkerd-debug');
  return taken.map((each) => `${each} bears a name of the mesh; rename it`);
};

/** Someone meant something by a value that nobody knows, and gets a pod without a proxy. */
const warnOfSkip = (reasons: readonly SkipReason[]): readonly string[] =>
  reasons.some((reason) => reason.startsWith('invalid_inject_annotation'))
    ? [`no proxy is injected: ${formatSkipReasons(reasons)}`]
    : [];
