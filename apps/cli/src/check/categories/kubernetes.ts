/** The cluster itself: is it there, is it new enough, may an install be made, are the custom resources there. */
import { listAt, mapAt, nameOf, textAt } from '../../cluster/fields.ts';
import { type Category, type Finding, failed, noneOf, ok, withKnown } from '../check.ts';
import type { ClusterFacts } from '../facts.ts';

const oldestMinor = 29;
const maxSkewMs = 60_000;
/** Nodes renew their leases every 10 s; one that is not seen for longer may be down. */
const maxLeaseAgeMs = 300_000;

export const kubernetesApi: Category = {
  name: 'kubernetes-api',
  when: () => true,
  checks: [
    {
      name: 'can query the Kubernetes API',
      isFatal: true,
      run: ({ serverVersion }) =>
        serverVersion.kind === 'known'
          ? ok(serverVersion.value)
          : failed(
              serverVersion.reason,
              'is this the right --context, and is the cluster up? `kubectl cluster-info` asks the same',
            ),
    },
  ],
};

export const kubernetesVersion: Category = {
  name: 'kubernetes-version',
  when: () => true,
  checks: [
    {
      name: `is running Kubernetes 1.${oldestMinor} or newer`,
      run: ({ serverVersion }) =>
        withKnown(serverVersion, (text) => {
          const { major, minor } = /^v(?<major>\d+)\.(?<minor>\d+)/.exec(text)?.groups ?? {};
          if (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= oldestMinor)) return ok();
          return failed(
            `it is ${text}; native sidecars and match conditions of webhooks are missing there`,
            'upgrade the cluster first',
          );
        }),
    },
  ],
};

export const preInstall: Category = {
  name: 'pre-kubernetes-setup',
  when: ({ isPre }) => isPre,
  checks: [
    {
      name: 'no control plane is in the namespace yet',
      run: ({ values, linkerdNamespace }) =>
        withKnown(values, (found) =>
          found === undefined
            ? ok()
            : failed(
                `namespace ${linkerdNamespace} has a ConfigMap linkerd-config`,
                'change that install with heddle upgrade, or name another namespace with -L',
              ),
        ),
    },
    {
      name: 'may create everything that an install is made of',
      run: ({ permissions }) =>
        withKnown(permissions, (all) =>
          noneOf(
            all.filter(({ isAllowed }) => !isAllowed).map(({ what }) => `you may not create ${what}`),
            'install as somebody who may, such as cluster-admin',
          ),
        ),
    },
    { name: 'clocks of nodes agree with this one', run: clockSkew },
  ],
};

/** Leases are signed with the node's own clock: one from the future tells of it at once. */
function clockSkew({ nodeLeases, nowMs }: ClusterFacts): Finding {
  return withKnown(nodeLeases, (leases) => {
    const off = leases.flatMap((lease) => {
      const aheadMs = Date.parse(textAt(lease, 'spec', 'renewTime')) - nowMs;
      const isOff = aheadMs > maxSkewMs || (aheadMs < -maxSkewMs && aheadMs > -maxLeaseAgeMs);
      return isOff ? [`node ${nameOf(lease)} is ${Math.round(aheadMs / 1000)} s ahead of this machine`] : [];
    });
    return noneOf(off, 'synchronise clocks (NTP): certificates are not valid before they are made');
  });
}

/** Every kind of our own, with the versions that manifests use. */
const wantedDefinitions: readonly (readonly [name: string, versions: readonly string[]])[] = [
  ['servers.policy.linkerd.io', ['v1beta1', 'v1beta2', 'v1beta3']],
  ['httproutes.policy.linkerd.io', ['v1beta1', 'v1beta2', 'v1beta3']],
  ['authorizationpolicies.policy.linkerd.io', ['v1alpha1']],
  ['meshtlsauthentications.policy.linkerd.io', ['v1alpha1']],
  ['networkauthentications.policy.linkerd.io', ['v1alpha1']],
  ['serverauthorizations.policy.linkerd.io', ['v1beta1']],
  ['httplocalratelimitpolicies.policy.linkerd.io', ['v1alpha1']],
  ['egressnetworks.policy.linkerd.io', ['v1alpha1']],
  ['externalworkloads.workload.linkerd.io', ['v1beta1']],
  ['serviceprofiles.linkerd.io', ['v1alpha2']],
];

const installCrds = 'heddle install --crds | kubectl apply --server-side -f -';

export const customResources: Category = {
  name: 'linkerd-crd',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the custom resources are installed, in every version that is used',
      run: ({ definitions }) =>
        withKnown(definitions, (all) => {
          const missing = wantedDefinitions.flatMap(([name, versions]) => {
            const definition = all.find((each) => nameOf(each) === name);
            if (definition === undefined) return [`${name} is missing`];
            const served = servedVersions(definition);
            const lacking = versions.filter((version) => !served.includes(version));
            return lacking.length === 0 ? [] : [`${name} does not serve ${lacking.join(', ')}`];
          });
          return noneOf(missing, installCrds);
        }),
    },
    {
      name: 'the API server has accepted them',
      mayMend: true,
      run: ({ definitions }) =>
        withKnown(definitions, (all) => {
          const names = new Set(wantedDefinitions.map(([name]) => name));
          const pending = all.filter(
            (definition) =>
              names.has(nameOf(definition)) &&
              !listAt(definition, 'status', 'conditions').some(
                (condition) => textAt(condition, 'type') === 'Established' && textAt(condition, 'status') === 'True',
              ),
          );
          return noneOf(
            pending.map((definition) => `${nameOf(definition)} is not established`),
            '`kubectl describe crd` says why',
          );
        }),
    },
  ],
};

const servedVersions = (definition: unknown): readonly string[] =>
  listAt(definition, 'spec', 'versions')
    .filter((version) => (version as { readonly served?: unknown }).served === true)
    .map((version) => textAt(version, 'name'));

const gatewayDefinitions = ['httproutes.gateway.networking.k8s.io', 'grpcroutes.gateway.networking.k8s.io'];

export const gatewayApi: Category = {
  name: 'gateway-api-crd',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the kinds of the Gateway API serve v1, where they are installed',
      run: ({ definitions }) =>
        withKnown(definitions, (all) => {
          const found = all.filter((definition) => gatewayDefinitions.includes(nameOf(definition)));
          if (found.length === 0) return ok('not installed: HTTPRoutes of policy.linkerd.io do the same');
          const old = found.filter((definition) => !servedVersions(definition).includes('v1'));
          const version = mapAt(found[0], 'metadata', 'annotations')['gateway.networking.k8s.io/bundle-version'];
          return old.length === 0
            ? ok(version)
            : failed(
                old.map((definition) => `${nameOf(definition)} does not serve v1: destination waits until it does`),
                'install Gateway API 1.1 or newer',
              );
        }),
    },
  ],
};
