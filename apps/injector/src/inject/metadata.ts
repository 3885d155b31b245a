/** The labels and annotations of an injected pod (features §2.1). */
import type { InjectionContext } from './context.ts';
import { podOpaquePorts } from './opaque-ports.ts';
import type { Owner } from './outcome.ts';
import { definitions } from './settings/definitions.ts';
import { formatPorts, type PortEntry } from './settings/port-lists.ts';
import { inheritedFrom } from './settings/resolve-settings.ts';
import { attributeAnnotations } from './tracing.ts';

type Entries = Readonly<Record<string, string>>;

const ownedKinds = new Set([
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
]);
const maxLabelChars = 63;

export const labelsOf = ({ namespace, owner, install }: InjectionContext): Entries => ({
  'linkerd.io/control-plane-ns': install.controlPlaneNamespace,
  'linkerd.io/workload-ns': namespace.name,
  ...(owner && ownerLabel(owner)),
});

/** Names of objects may be longer than labels; such an owner goes unnamed. */
const ownerLabel = ({ kind, name }: Owner): Entries =>
  ownedKinds.has(kind) && name.length <= maxLabelChars ? { [`linkerd.io/proxy-${kind.toLowerCase()}`]: name } : {};

/** What the pod has itself is never replaced, but for the statements of the injector. */
export const annotationsOf = (context: InjectionContext): Entries => {
  const { pod, namespace, install, settings } = context;
  const own = pod.annotations ?? {};
  const attributes = attributeAnnotations(namespace.annotations)
    .filter((name) => own[name] === undefined)
    .map((name) => [name, namespace.annotations[name] ?? '']);
  return {
    ...podOpaquePorts(pod, namespace.annotations, install.settings.opaquePorts),
    ...saidByInstall(context),
    ...inheritedFrom(namespace.annotations, own),
    ...Object.fromEntries(attributes),
    'linkerd.io/created-by': `heddle/proxy-injector ${install.version}`,
    'linkerd.io/proxy-version': settings.proxyVersion || install.version,
    'linkerd.io/trust-root-sha256': install.trustRootSha256,
  };
};

/** Lists of ports that destination goes by, too, and reads from pods alone. */
const sharedPorts = ['requireIdentityPorts', 'skipInboundPorts'] as const;

/** Such a list in its annotation, where a value of the install changed it and neither the pod nor its namespace says one. */
const saidByInstall = ({ pod, namespace, install }: InjectionContext): Entries =>
  Object.fromEntries(
    sharedPorts.flatMap((name) => {
      const definition = definitions[name];
      const [annotation = ''] = definition.annotations;
      const isSaid = definition.annotations.some(
        (each) => pod.annotations?.[each] !== undefined || namespace.annotations[each] !== undefined,
      );
      const ports: readonly PortEntry[] = install.settings[name];
      const text = formatPorts(ports);
      return isSaid || text === formatPorts(definition.fallback) ? [] : [[annotation, text]];
    }),
  );
