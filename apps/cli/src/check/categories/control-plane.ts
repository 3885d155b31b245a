/** The control plane: is it there, does it run, does it know the cluster's networks, is it one version. */
import { formatIp, formatNetwork, networkContains, networkCovers, parseIp, parseNetwork } from '@heddle/names';
import { at, listAt, mapAt, nameOf, numberAt, textAt, textsAt } from '../../cluster/fields.ts';
import { networksFrom } from '../../cluster/install-values.ts';
import { labelsOf, podKey } from '../../cluster/pods.ts';
import { type Category, type Finding, failed, noneOf, noneOrWarned, ok, skipped, warned, withKnown } from '../check.ts';
import type { ClusterFacts } from '../facts.ts';

const components = ['identity', 'destination', 'proxy-injector'] as const;

export const existence: Category = {
  name: 'linkerd-existence',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the namespace of the control plane exists',
      isFatal: true,
      run: ({ namespaces, linkerdNamespace }) =>
        withKnown(namespaces, (all) =>
          all.some((namespace) => nameOf(namespace) === linkerdNamespace)
            ? ok()
            : failed(`there is no namespace ${linkerdNamespace}`, 'install Heddle there, or name another with -L'),
        ),
    },
    {
      name: 'ConfigMap linkerd-config has the values of the install',
      isFatal: true,
      run: ({ values, linkerdNamespace }) =>
        withKnown(values, (found) =>
          found === undefined
            ? failed(
                `there is no ConfigMap linkerd-config in namespace ${linkerdNamespace}`,
                'heddle install | kubectl apply -f -',
              )
            : ok(),
        ),
    },
    { name: 'every Deployment is available', mayMend: true, run: deploymentsAvailable },
    { name: 'its pods run', mayMend: true, run: podsRun },
    { name: 'cluster networks cover the nodes’ pod networks', run: podNetworksCovered },
    { name: 'cluster networks cover all pods', run: podsCovered },
    { name: 'cluster networks cover all Services', run: servicesCovered },
  ],
};

function deploymentsAvailable({ deployments, linkerdNamespace }: ClusterFacts): Finding {
  return withKnown(deployments, (all) =>
    noneOf(
      components.flatMap((component) => {
        const name = `linkerd-${component}`;
        const deployment = all.find((each) => nameOf(each) === name);
        if (deployment === undefined) return [`there is no Deployment ${name}`];
        const wanted = numberAt(deployment, 'spec', 'replicas');
        const [ready, updated] = ['readyReplicas', 'updatedReplicas'].map((field) =>
          numberAt(deployment, 'status', field),
        );
        if (wanted === 0) return [`${name} is scaled to 0`];
        if (ready !== undefined && updated !== undefined && ready >= wanted && updated >= wanted) return [];
        return [`${name}: ${ready} of ${wanted} replicas are ready, ${updated} are up to date`];
      }),
      `kubectl -n ${linkerdNamespace} get pods,events`,
    ),
  );
}

const controlPlanePods = (pods: readonly unknown[], namespace: string): readonly unknown[] =>
  pods.filter(
    (pod) =>
      textAt(pod, 'metadata', 'namespace') === namespace &&
      labelsOf(pod)['linkerd.io/control-plane-component'] !== undefined,
  );

function podsRun({ pods, linkerdNamespace }: ClusterFacts): Finding {
  return withKnown(pods, (all) => {
    const problems = controlPlanePods(all, linkerdNamespace).flatMap((pod) => {
      const phase = textAt(pod, 'status', 'phase');
      const unscheduled = listAt(pod, 'status', 'conditions').find(
        (condition) => textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'status') === 'False',
      );
      const waiting = listAt(pod, 'status', 'containerStatuses').flatMap((status) => {
        const reason = textAt(status, 'state', 'waiting', 'reason');
        return reason === ''
          ? []
          : [`${textAt(status, 'name')}: ${reason}, ${textAt(status, 'state', 'waiting', 'message')}`];
      });
      if (unscheduled !== undefined) return [`${nameOf(pod)} has no node: ${textAt(unscheduled, 'message')}`];
      if (phase === 'Running' && waiting.length === 0) return [];
      return [`${nameOf(pod)} is ${phase || 'unknown'}${waiting.length === 0 ? '' : `: ${waiting.join('; ')}`}`];
    });
    return noneOf(problems, `kubectl -n ${linkerdNamespace} describe pods; kubectl -n ${linkerdNamespace} logs <pod>`);
  });
}

const widen = 'heddle upgrade --set-string clusterNetworks=… with the networks of pods and Services';

const clusterNetworksOf = (values: unknown) => networksFrom(textAt(values, 'clusterNetworks').split(','));

function podNetworksCovered({ nodes, values }: ClusterFacts): Finding {
  return withKnown(values, (found) =>
    withKnown(nodes, (all) => {
      const networks = clusterNetworksOf(found);
      const outside = all.flatMap((node) =>
        textsAt(node, 'spec', 'podCIDRs').flatMap((text) => {
          const network = parseNetwork(text);
          if (network.kind === 'error' || networks.some((outer) => networkCovers(outer, network.value))) return [];
          return [`${formatNetwork(network.value)} of node ${nameOf(node)}`];
        }),
      );
      return noneOf(outside, widen);
    }),
  );
}

const outsideOf = (
  values: unknown,
  addresses: readonly (readonly [owner: string, ip: string])[],
): readonly string[] => {
  const networks = clusterNetworksOf(values);
  return addresses.flatMap(([owner, text]) => {
    const ip = parseIp(text);
    if (ip.kind === 'error' || networks.some((network) => networkContains(network, ip.value))) return [];
    return [`${formatIp(ip.value)} of ${owner}`];
  });
};

function podsCovered({ pods, values }: ClusterFacts): Finding {
  return withKnown(values, (found) =>
    withKnown(pods, (all) => {
      const own = all.filter((pod) => at(pod, 'spec', 'hostNetwork') !== true);
      const addresses = own.flatMap((pod) =>
        listAt(pod, 'status', 'podIPs').map((entry) => [podKey(pod), textAt(entry, 'ip')] as const),
      );
      return noneOf(outsideOf(found, addresses), widen);
    }),
  );
}

function servicesCovered({ services, values }: ClusterFacts): Finding {
  return withKnown(values, (found) =>
    withKnown(services, (all) => {
      const addresses = all.flatMap((service) =>
        textsAt(service, 'spec', 'clusterIPs').map((ip) => [`Service ${podKey(service)}`, ip] as const),
      );
      return noneOf(outsideOf(found, addresses), widen);
    }),
  );
}

export const configuration: Category = {
  name: 'linkerd-config',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the roles of the control plane exist',
      run: ({ clusterRoles, linkerdNamespace }) =>
        withKnown(clusterRoles, (all) => {
          const names = new Set(all.map(nameOf));
          const wanted = components.map((component) => `linkerd-${linkerdNamespace}-${component}`);
          return noneOf(
            wanted.filter((name) => !names.has(name)).map((name) => `there is no ClusterRole ${name}`),
            'heddle upgrade | kubectl apply -f - brings it back',
          );
        }),
    },
    { name: 'the injector is asked about new pods', run: injectorHooks },
    { name: 'pods are not made past the injector while it is down', run: injectorFailurePolicy },
    {
      name: 'unmeshed clients need an identity where no policy says otherwise',
      run: ({ values }) =>
        withKnown(values, (found) => {
          const policy = textAt(found, 'proxy', 'defaultInboundPolicy') || 'all-authenticated';
          return /unauthenticated|audit/.test(policy)
            ? warned(
                `the install's default is ${policy}: ports without a Server answer anybody, in plaintext too`,
                'heddle upgrade --set proxy.defaultInboundPolicy=all-authenticated',
              )
            : ok(policy);
        }),
    },
  ],
};

const injectorHooksIn = (webhooks: readonly unknown[], linkerdNamespace: string): readonly unknown[] =>
  webhooks
    .filter((configuration) => textAt(configuration, 'kind') === 'MutatingWebhookConfiguration')
    .flatMap((configuration) => listAt(configuration, 'webhooks'))
    .filter((hook) => textAt(hook, 'clientConfig', 'service', 'namespace') === linkerdNamespace)
    .filter((hook) => listAt(hook, 'rules').some((rule) => textsAt(rule, 'resources').includes('pods')));

const bringBack = 'heddle upgrade | kubectl apply -f -';

function injectorHooks({ webhooks, linkerdNamespace }: ClusterFacts): Finding {
  return withKnown(webhooks, (all) =>
    injectorHooksIn(all, linkerdNamespace).length > 0
      ? ok()
      : failed('no MutatingWebhookConfiguration asks the injector, so new pods get no proxy', bringBack),
  );
}

function injectorFailurePolicy({ webhooks, linkerdNamespace }: ClusterFacts): Finding {
  return withKnown(webhooks, (all) => {
    const hooks = injectorHooksIn(all, linkerdNamespace);
    if (hooks.length === 0) return skipped('since there is no such webhook');
    return hooks.some((hook) => textAt(hook, 'failurePolicy') === 'Ignore')
      ? warned(
          'the webhook has failurePolicy Ignore: while the injector is down, pods start without a proxy',
          'heddle upgrade --set webhookFailurePolicy=Fail',
        )
      : ok();
  });
}

export const versions: Category = {
  name: 'control-plane-version',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the control plane is of one version, and of this program’s',
      mayMend: true,
      run: ({ deployments, version }) =>
        withKnown(deployments, (all) => {
          const found = all.flatMap((deployment) => {
            const labels = labelsOf(deployment);
            if (labels['linkerd.io/control-plane-component'] === undefined) return [];
            return [[nameOf(deployment), labels['app.kubernetes.io/version'] ?? 'unknown'] as const];
          });
          return noneOrWarned(
            found
              .filter(([, each]) => each !== version)
              .map(([name, each]) => `${name} is ${each}, this program ${version}`),
            'heddle upgrade | kubectl apply -f -, or use the program of that version',
          );
        }),
    },
  ],
};

export const highAvailability: Category = {
  name: 'linkerd-ha-checks',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'no part of the control plane has a single replica where there are several nodes',
      run: ({ deployments, nodes }) =>
        withKnown(nodes, (allNodes) =>
          withKnown(deployments, (all) => {
            if (allNodes.length < 3) return skipped('with fewer than three nodes');
            const single = all.filter(
              (deployment) =>
                labelsOf(deployment)['linkerd.io/control-plane-component'] !== undefined &&
                numberAt(deployment, 'spec', 'replicas') < 2,
            );
            return noneOrWarned(
              single.map((deployment) => `${nameOf(deployment)} has one replica; with its node, it goes`),
              'heddle upgrade --ha | kubectl apply -f -',
            );
          }),
        ),
    },
    {
      name: 'several replicas are never all evicted at once',
      run: ({ deployments, disruptionBudgets }) =>
        withKnown(disruptionBudgets, (budgets) =>
          withKnown(deployments, (all) => {
            const covered = budgets.map((budget) => mapAt(budget, 'spec', 'selector', 'matchLabels'));
            const open = all.filter((deployment) => {
              const component = labelsOf(deployment)['linkerd.io/control-plane-component'];
              return (
                component !== undefined &&
                numberAt(deployment, 'spec', 'replicas') > 1 &&
                !covered.some((labels) => labels['linkerd.io/control-plane-component'] === component)
              );
            });
            return noneOrWarned(
              open.map((deployment) => `${nameOf(deployment)} has no PodDisruptionBudget`),
              'heddle upgrade --ha | kubectl apply -f -',
            );
          }),
        ),
    },
  ],
};
