/** The proxy's container. */
import type { InjectionContext } from '../context.ts';
import type { Settings } from '../settings/definitions.ts';
import { type InjectedContainer, imageReference } from './container.ts';
import { proxyEnvironment } from './proxy-environment.ts';
import { resourcesOf } from './resources.ts';
import { proxyMounts } from './volumes.ts';

export const proxyContainer = (context: InjectionContext): InjectedContainer => {
  const { settings, install } = context;
  return {
    name: 'linkerd-proxy',
    image: imageReference(settings.proxyImage, settings.proxyVersion || install.version),
    imagePullPolicy: settings.pullPolicy,
    ...(settings.isNativeSidecar && { restartPolicy: 'Always' }),
    env: proxyEnvironment(context),
    ports: [
      { name: 'linkerd-proxy', containerPort: settings.inboundPort },
      { name: 'linkerd-admin', containerPort: settings.adminPort },
    ],
    ...probes(settings),
    ...lifecycle(settings),
    ...resourcesOf(settings),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: settings.uid,
      ...(settings.gid >= 0 && { runAsGroup: settings.gid }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: proxyMounts(settings),
  };
};

/** Every 10 s: a minute without an answer. */
const livenessFailures = 6;

const probes = (settings: Settings): Pick<InjectedContainer, 'livenessProbe' | 'readinessProbe' | 'startupProbe'> => {
  const get = (path: string): object => ({ path, port: settings.adminPort });
  return {
    livenessProbe: {
      httpGet: get('/live'),
      initialDelaySeconds: settings.livenessDelaySeconds,
      timeoutSeconds: settings.livenessTimeoutSeconds,
      failureThreshold: livenessFailures,
    },
    readinessProbe: {
      httpGet: get('/ready'),
      initialDelaySeconds: settings.readinessDelaySeconds,
      timeoutSeconds: settings.readinessTimeoutSeconds,
    },
    ...(settings.isNativeSidecar &&
      settings.isAwaited && {
        startupProbe: {
          httpGet: get('/ready'),
          initialDelaySeconds: settings.startupDelaySeconds,
          periodSeconds: settings.startupPeriodSeconds,
          timeoutSeconds: settings.readinessTimeoutSeconds,
          failureThreshold: settings.startupFailures,
        },
      }),
  };
};

/** A native sidecar starts before the containers and ends after them; a classic one needs hooks for both. */
const lifecycle = (settings: Settings): Pick<InjectedContainer, 'lifecycle'> => {
  if (settings.isNativeSidecar) return {};
  const await_ = ['/usr/lib/linkerd/linkerd-await', '--timeout=2m', `--port=${settings.adminPort}`];
  const wait = ['/bin/sleep', `${settings.waitBeforeExitSeconds}`];
  const hooks = {
    ...(settings.isAwaited && { postStart: { exec: { command: await_ } } }),
    ...(settings.waitBeforeExitSeconds > 0 && { preStop: { exec: { command: wait } } }),
  };
  return Object.keys(hooks).length === 0 ? {} : { lifecycle: hooks };
};
