/**
 * The init container that sees to redirection: one that sets it up (wire §11.1), or under a CNI plugin, which has done
 * so by then, one that checks it (features §2.2).
 */
import type { InjectionContext } from '../context.ts';
import type { Settings } from '../settings/definitions.ts';
import { formatPorts } from '../settings/port-lists.ts';
import { type InjectedContainer, imageReference } from './container.ts';
import { resourcesOf } from './resources.ts';
import { lockDir, lockVolume } from './volumes.ts';

export const redirectContainer = (context: InjectionContext): InjectedContainer =>
  context.settings.isCniEnabled ? validator(context) : init(context);

const init = ({ settings, install }: InjectionContext): InjectedContainer => ({
  name: 'linkerd-init',
  image: imageReference(settings.initImage, settings.initVersion || install.version),
  imagePullPolicy: settings.pullPolicy,
  args: initArguments(settings),
  ...resourcesOf(settings),
  securityContext: initSecurity(settings),
  terminationMessagePolicy: 'FallbackToLogsOnError',
  volumeMounts: [{ name: lockVolume, mountPath: lockDir }],
});

/** A flag of apps/init, unless there is nothing to say. */
const option = (name: string, value: string | number): readonly string[] =>
  value === '' ? [] : [`--${name}`, String(value)];

const initArguments = (settings: Settings): readonly string[] => {
  const { controlPort, adminPort } = settings;
  const skipInbound = [`${controlPort}`, `${adminPort}`, formatPorts(settings.skipInboundPorts)];
  return [
    ...option('iptables-mode', settings.iptablesMode),
    ...(settings.isIpv6Disabled ? ['--ipv6=false'] : []),
    ...option('incoming-proxy-port', settings.inboundPort),
    ...option('outgoing-proxy-port', settings.outboundPort),
    ...option('proxy-uid', settings.uid),
    ...(settings.gid >= 0 ? option('proxy-gid', settings.gid) : []),
    ...option('inbound-ports-to-ignore', skipInbound.filter((each) => each !== '').join(',')),
    ...option('outbound-ports-to-ignore', formatPorts(settings.skipOutboundPorts)),
    ...option('subnets-to-ignore', settings.skipSubnets),
    ...(settings.closeWaitTimeoutSeconds > 0
      ? option('timeout-close-wait-secs', settings.closeWaitTimeoutSeconds)
      : []),
  ];
};

/** Changing a setting of the kernel takes privileges; rules of the pod's own network need two capabilities only. */
const initSecurity = (settings: Settings): object => {
  const isPrivileged = settings.isInitPrivileged || settings.closeWaitTimeoutSeconds > 0;
  return {
    allowPrivilegeEscalation: isPrivileged,
    privileged: isPrivileged,
    capabilities: isPrivileged ? { add: ['NET_ADMIN', 'NET_RAW'] } : { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: !settings.isInitRoot,
    runAsUser: settings.isInitRoot ? 0 : settings.initUid,
    runAsGroup: settings.isInitRoot ? 0 : settings.initGid,
    seccompProfile: { type: 'RuntimeDefault' },
  };
};

const validator = ({ settings, install }: InjectionContext): InjectedContainer => ({
  name: 'linkerd-network-validator',
  image: imageReference(settings.initImage, settings.initVersion || install.version),
  imagePullPolicy: settings.pullPolicy,
  args: [
    'validate',
    ...(settings.isIpv6Disabled ? ['--ipv6=false'] : []),
    ...option('outgoing-proxy-port', settings.outboundPort),
    ...option('connect-addr', settings.validatorConnect),
    ...option('timeout', `${Math.ceil(settings.validatorTimeoutMs / 1000)}s`),
  ],
  ...resourcesOf(settings),
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 65_534,
    runAsGroup: 65_534,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  terminationMessagePolicy: 'FallbackToLogsOnError',
});
