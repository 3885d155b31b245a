/** What people should know about a pod that is injected all the same. kubectl shows it to them. */
import type { InjectionContext } from './context.ts';
import { warnOfHttpsCalls } from './https-calls.ts';
import { opaquePortsAnnotation, tcpPortsOf } from './opaque-ports.ts';
import { warnOfImageUsers } from './proxy-user.ts';
import { warnOfRights } from './rights-over-rules.ts';
import { definitions } from './settings/definitions.ts';
import { isLinkerdsProxy, type LinkerdOnly, linkerdOnly } from './settings/linkerd-only.ts';

export const warningsOf = (context: InjectionContext): readonly string[] => [
  ...warnOfHttpsCalls(context),
  ...udpPorts(context),
  ...portsOfTheProxy(context),
  ...unknownPortNames(context),
  ...initContainersBefore(context),
  ...waitWithoutEffect(context),
  ...imageWithoutVersion(context),
  ...withoutEffect(context),
  ...rightsOverRules(context),
  ...warnOfImageUsers(context.pod, context.settings, context.install.settings),
];

const udpPorts = ({ pod }: InjectionContext): readonly string[] =>
  pod.containers.flatMap(({ name, ports }) =>
    ports
      .filter(({ protocol }) => protocol !== 'TCP')
      .map(({ port, protocol }) => `${protocol} port ${port} of container ${name} does not go through the proxy`),
  );

const portsOfTheProxy = ({ pod, settings }: InjectionContext): readonly string[] => {
  const own: ReadonlyMap<number, string> = new Map([
    [settings.inboundPort, 'inbound-port'],
    [settings.outboundPort, 'outbound-port'],
    [settings.adminPort, 'admin-port'],
    [settings.controlPort, 'control-port'],
  ]);
  return tcpPortsOf(pod).flatMap(({ port }) => {
    const name = own.get(port);
    return name === undefined ? [] : [`port ${port} is the proxy's too; set config.linkerd.io/${name} to another one`];
  });
};

/** A name that a whole namespace lists need not be every pod's. */
const unknownPortNames = ({ pod, settings }: InjectionContext): readonly string[] => {
  if (pod.annotations?.[opaquePortsAnnotation] === undefined) return [];
  const names = new Set(tcpPortsOf(pod).map(({ name }) => name));
  return settings.opaquePorts.flatMap((entry) =>
    entry.kind === 'name' && !names.has(entry.name)
      ? [`annotation ${opaquePortsAnnotation} names the port ${entry.name}, which no container has`]
      : [],
  );
};

const initContainersBefore = ({ pod, settings }: InjectionContext): readonly string[] =>
  settings.isNativeSidecar || (pod.initContainers ?? []).length === 0
    ? []
    : ['init containers run before the proxy, outside the mesh; a native sidecar would cover them'];

const waitWithoutEffect = ({ settings }: InjectionContext): readonly string[] =>
  settings.isNativeSidecar && settings.waitBeforeExitSeconds > 0
    ? ['proxy-wait-before-exit-seconds has no effect: a native sidecar ends after the containers']
    : [];

/** The version of this product is hardly one of somebody else's image. */
const imageWithoutVersion = ({ settings, install }: InjectionContext): readonly string[] =>
  settings.proxyImage !== install.settings.proxyImage &&
  settings.proxyVersion === install.settings.proxyVersion &&
  !/:[^/]+$/.test(settings.proxyImage)
    ? [`image ${settings.proxyImage} gets the version of the install; set config.linkerd.io/proxy-version`]
    : [];

/** Of what is set for this pod; what holds for a whole install is its owner's to know. */
const withoutEffect = ({ settings, install, isIngress }: InjectionContext): readonly string[] => {
  if (isLinkerdsProxy(settings)) return [];
  const unused = (Object.keys(linkerdOnly) as LinkerdOnly[])
    .filter((key) => settings[key] !== install.settings[key])
    .map((key) => `annotation ${definitions[key].annotations[0]} has no effect on this proxy: ${linkerdOnly[key]}`);
  return isIngress
    ? [...unused, 'linkerd.io/inject: ingress is as enabled to this proxy: it routes by where connections go']
    : unused;
};

const rightsOverRules = ({ pod }: InjectionContext): readonly string[] =>
  [...pod.containers, ...(pod.initContainers ?? [])].flatMap(warnOfRights);
