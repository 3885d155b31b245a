/** The data plane: which pods are outside the mesh, or partly; which traffic goes around the proxies. */
import { at, listAt, mapAt, nameOf, namespaceOf, numberAt, textAt, textsAt } from '../../cluster/fields.ts';
import {
  annotationsOf,
  containersOf,
  hasEnded,
  isMeshed,
  isProxyReady,
  labelsOf,
  podKey,
  proxyContainerName,
  proxyOf,
} from '../../cluster/pods.ts';
import {
  type Category,
  type Check,
  type Finding,
  failed,
  noneOf,
  noneOrWarned,
  ok,
  skipped,
  withKnown,
} from '../check.ts';
import type { ClusterFacts } from '../facts.ts';
import { httpsProbes } from '../https-probes.ts';
import { plaintextEdges } from '../plaintext-edges.ts';

/** A check that lists what it finds about each pod of the data plane. */
const perPod = (
  name: string,
  hint: string,
  linesOf: (pod: unknown, facts: ClusterFacts) => readonly string[],
  { isError = false, mayMend = false }: { readonly isError?: boolean; readonly mayMend?: boolean } = {},
): Check => ({
  name,
  mayMend,
  run: (facts) =>
    withKnown(facts.pods, (all) => {
      const lines = all.filter((pod) => isLookedAt(pod, facts)).flatMap((pod) => linesOf(pod, facts));
      return isError ? noneOf(lines, hint) : noneOrWarned(lines, hint);
    }),
});

/** Pods that have ended are history, and those of Kubernetes and of the control plane are never meshed. */
const isLookedAt = (pod: unknown, { dataPlaneNamespace, linkerdNamespace }: ClusterFacts): boolean => {
  const namespace = namespaceOf(pod);
  if (hasEnded(pod) || namespace === linkerdNamespace) return false;
  return dataPlaneNamespace === undefined ? !namespace.startsWith('kube-') : namespace === dataPlaneNamespace;
};

const ifMeshed =
  (linesOf: (pod: unknown, facts: ClusterFacts) => readonly string[]) =>
  (pod: unknown, facts: ClusterFacts): readonly string[] =>
    isMeshed(pod, facts.linkerdNamespace) ? linesOf(pod, facts) : [];

const injectAnnotation = 'linkerd.io/inject';

/** Whether the injector should have given it a proxy (features §2.1). */
const isWanted = (pod: unknown, namespaces: readonly unknown[]): boolean => {
  if (at(pod, 'spec', 'hostNetwork') === true) return false;
  const own = annotationsOf(pod)[injectAnnotation];
  if (own !== undefined) return own === 'enabled' || own === 'ingress';
  const namespace = namespaces.find((each) => nameOf(each) === namespaceOf(pod));
  const inherited = annotationsOf(namespace)[injectAnnotation];
  return inherited === 'enabled' || inherited === 'ingress';
};

function unmeshed(facts: ClusterFacts): Finding {
  return withKnown(facts.namespaces, (namespaces) =>
    withKnown(facts.pods, (all) =>
      noneOf(
        all
          .filter((pod) => isLookedAt(pod, facts) && proxyOf(pod) === undefined && isWanted(pod, namespaces))
          .map((pod) => `${podKey(pod)} should have a proxy and has none`),
        'restart them: kubectl rollout restart; if that does not help, the events of their controllers say why (InjectionSkipped)',
      ),
    ),
  );
}

function outside(facts: ClusterFacts): Finding {
  return withKnown(facts.namespaces, (namespaces) =>
    withKnown(facts.pods, (all) => {
      const pods = all.filter(
        (pod) => isLookedAt(pod, facts) && proxyOf(pod) === undefined && !isWanted(pod, namespaces),
      );
      return pods.length === 0
        ? ok()
        : ok(
            `${pods.length} pods are outside the mesh by choice: ${pods.slice(0, 5).map(podKey).join(', ')}${pods.length > 5 ? ' …' : ''}`,
          );
    }),
  );
}

const skipAnnotations = ['skip-inbound-ports', 'skip-outbound-ports', 'skip-subnets'];

const skippedPorts = (pod: unknown): readonly string[] =>
  skipAnnotations.flatMap((name) => {
    const value = annotationsOf(pod)[`config.linkerd.io/${name}`];
    return value === undefined || value === '' ? [] : [`${podKey(pod)}: ${name} ${value}`];
  });

const otherProtocols = (pod: unknown): readonly string[] =>
  containersOf(pod).flatMap((container) =>
    listAt(container, 'ports').flatMap((port) =>
      ['', 'TCP'].includes(textAt(port, 'protocol'))
        ? []
        : [
            `${podKey(pod)}: ${textAt(port, 'protocol')} port ${numberAt(port, 'containerPort')} of ${textAt(container, 'name')}`,
          ],
    ),
  );

const isOfMesh = (container: unknown): boolean =>
  [proxyContainerName, 'linkerd-init', 'linkerd-network-validator'].includes(textAt(container, 'name'));

const mightRedirect = (pod: unknown): readonly string[] =>
  containersOf(pod)
    .filter((container) => !isOfMesh(container))
    .flatMap((container) => {
      const name = `${podKey(pod)}: container ${textAt(container, 'name')}`;
      if (at(container, 'securityContext', 'privileged') === true) return [`${name} is privileged`];
      const added = textsAt(container, 'securityContext', 'capabilities', 'add').map((each) =>
        each.replace(/^CAP_/, ''),
      );
      const powers = added.filter((each) => ['NET_ADMIN', 'SYS_ADMIN', 'ALL'].includes(each));
      return powers.length === 0 ? [] : [`${name} has ${powers.join(', ')}`];
    });

const proxyUser = 2102;

const runsAsProxy = (pod: unknown): readonly string[] => {
  const user = numberAt(proxyOf(pod), 'securityContext', 'runAsUser') || proxyUser;
  return containersOf(pod)
    .filter((container) => !isOfMesh(container))
    .filter(
      (container) =>
        (at(container, 'securityContext', 'runAsUser') ?? at(pod, 'spec', 'securityContext', 'runAsUser')) === user,
    )
    .map(
      (container) => `${podKey(pod)}: container ${textAt(container, 'name')} runs as ${user}, the user of the proxy`,
    );
};

/** Keys that mean something as annotations only. */
const misplaced = (object: unknown, what: string): readonly string[] =>
  Object.keys(labelsOf(object))
    .filter((key) => key === injectAnnotation || /^config\.(?:alpha\.|beta\.)?linkerd\.io\//.test(key))
    .map((key) => `${what} ${podKey(object)}: ${key} is a label`);

function misplacedLabels(facts: ClusterFacts): Finding {
  return withKnown(facts.pods, (pods) =>
    withKnown(facts.services, (services) =>
      noneOrWarned(
        [
          ...pods.filter((pod) => isLookedAt(pod, facts)).flatMap((pod) => misplaced(pod, 'pod')),
          ...services.filter((each) => isLookedAt(each, facts)).flatMap((service) => misplaced(service, 'Service')),
        ],
        'make annotations of them; as labels they have no effect',
      ),
    ),
  );
}

function plaintext(facts: ClusterFacts): Finding {
  const unasked = [...facts.proxyMetrics].flatMap(([pod, metrics]) =>
    metrics.kind === 'unknown' ? [`${pod} did not tell: ${metrics.reason}`] : [],
  );
  const edges = [...facts.proxyMetrics].flatMap(([pod, metrics]) =>
    metrics.kind === 'known' ? plaintextEdges(pod, metrics.value) : [],
  );
  if (facts.proxyMetrics.size === 0) return skipped('since no proxy runs here');
  const rest =
    facts.proxiesNotAsked === 0
      ? []
      : [`${facts.proxiesNotAsked} more proxies were not asked; name a namespace with -n`];
  const hint =
    'mesh the other side, or say with a NetworkAuthentication that plaintext is meant; what proxies report is since they started';
  return noneOrWarned([...edges, ...unasked, ...(edges.length + unasked.length > 0 ? rest : [])], hint);
}

export const dataPlane: Category = {
  name: 'linkerd-data-plane',
  when: ({ isProxy }) => isProxy,
  checks: [
    {
      name: 'the namespace exists',
      isFatal: true,
      run: ({ namespaces, dataPlaneNamespace }) =>
        withKnown(namespaces, (all) => {
          if (dataPlaneNamespace === undefined || all.some((namespace) => nameOf(namespace) === dataPlaneNamespace))
            return ok();
          return failed(`there is no namespace ${dataPlaneNamespace}`, '`kubectl get namespaces` shows what there is');
        }),
    },
    perPod(
      'proxies are ready',
      'kubectl logs <pod> -c linkerd-proxy says what a proxy waits for: its certificate, or its policy',
      ifMeshed((pod) => (isProxyReady(pod) ? [] : [`${podKey(pod)}: the proxy is not ready`])),
      { isError: true, mayMend: true },
    ),
    { name: 'every pod that is to be meshed has a proxy', mayMend: true, run: unmeshed },
    { name: 'pods outside the mesh', run: outside },
    perPod(
      'proxies are of the control plane’s version',
      'restart them: kubectl rollout restart',
      ifMeshed((pod, { version }) => {
        const own = annotationsOf(pod)['linkerd.io/proxy-version'] ?? 'unknown';
        return own === version ? [] : [`${podKey(pod)} has proxy ${own}, this program is ${version}`];
      }),
    ),
    perPod(
      'no port or network goes past the proxies',
      'what is skipped is neither encrypted nor under policy; opaque-ports suits protocols that are not detected',
      ifMeshed(skippedPorts),
    ),
    perPod(
      'no port is of a protocol that proxies do not carry',
      'only TCP is encrypted and under policy; use NetworkPolicies for the rest',
      ifMeshed(otherProtocols),
    ),
    perPod(
      'no container may change the redirection of its pod',
      'take the capability away, or treat whatever is in that pod as outside the mesh',
      ifMeshed(mightRedirect),
    ),
    perPod(
      'no container runs as the proxy’s user',
      'give it another user: what runs as the proxy’s is not redirected',
      ifMeshed(runsAsProxy),
    ),
    {
      name: 'the kubelet gets through where it probes over HTTPS',
      run: (facts) =>
        withKnown(facts.pods, (all) => {
          const meshed = all.filter((pod) => isLookedAt(pod, facts) && isMeshed(pod, facts.linkerdNamespace));
          return httpsProbes(meshed, facts);
        }),
    },
    { name: 'what configures proxies is an annotation, not a label', run: misplacedLabels },
    { name: 'no traffic is in plaintext', run: plaintext },
  ],
};

/** Ports that an annotation calls opaque, as numbers. */
const opaquePortsOf = (object: unknown): ReadonlySet<number> | undefined => {
  const text = annotationsOf(object)['config.linkerd.io/opaque-ports'];
  if (text === undefined) return undefined;
  return new Set(
    text.split(',').flatMap((part) => {
      const [from = 0, to = from] = part.trim().split('-').map(Number);
      return Number.isInteger(from) && Number.isInteger(to) && to - from < 65_536
        ? Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
        : [];
    }),
  );
};

const opaqueMismatches = (service: unknown, pods: readonly unknown[]): readonly string[] => {
  const ofService = opaquePortsOf(service);
  const selector = Object.entries(mapAt(service, 'spec', 'selector'));
  if (ofService === undefined || selector.length === 0) return [];
  const selected = pods.filter(
    (pod) =>
      namespaceOf(pod) === namespaceOf(service) && selector.every(([key, value]) => labelsOf(pod)[key] === value),
  );
  return listAt(service, 'spec', 'ports').flatMap((port) => {
    const target = at(port, 'targetPort') ?? at(port, 'port');
    if (typeof target !== 'number' || !ofService.has(numberAt(port, 'port'))) return [];
    const odd = selected.find((pod) => opaquePortsOf(pod)?.has(target) === false);
    return odd === undefined
      ? []
      : [
          `Service ${podKey(service)} calls port ${numberAt(port, 'port')} opaque, pod ${podKey(odd)} does not call ${target} so`,
        ];
  });
};

export const opaquePorts: Category = {
  name: 'linkerd-opaque-ports-definition',
  when: ({ isProxy }) => isProxy,
  checks: [
    {
      name: 'Services and their pods agree which ports are opaque',
      run: (facts) =>
        withKnown(facts.pods, (pods) =>
          withKnown(facts.services, (services) =>
            noneOrWarned(
              services
                .filter((service) => isLookedAt(service, facts))
                .flatMap((service) => opaqueMismatches(service, pods)),
              'give the pods the annotation config.linkerd.io/opaque-ports, too',
            ),
          ),
        ),
    },
  ],
};
