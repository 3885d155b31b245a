/** Kinds of objects that commands read besides those that policy is made of. */
import { meshKinds, type ResourceKind } from '@heddle/k8s';

const kind = (group: string, version: string, name: string, plural: string, isClusterScoped = false): ResourceKind => ({
  group,
  version,
  kind: name,
  plural,
  isClusterScoped,
});

/** One of the kinds that a catalog reads, of the core group unless it is of a group of its own. */
const meshKind = (name: string): ResourceKind => {
  const found = meshKinds.find((each) => each.kind === name);
  if (found === undefined) throw new Error(`${name} is not a kind that a catalog reads`);
  return found;
};

export const kinds = {
  namespace: meshKind('Namespace'),
  node: meshKind('Node'),
  pod: meshKind('Pod'),
  service: meshKind('Service'),
  server: meshKind('Server'),
  configMap: kind('', 'v1', 'ConfigMap', 'configmaps'),
  secret: kind('', 'v1', 'Secret', 'secrets'),
  deployment: kind('apps', 'v1', 'Deployment', 'deployments'),
  statefulSet: kind('apps', 'v1', 'StatefulSet', 'statefulsets'),
  daemonSet: kind('apps', 'v1', 'DaemonSet', 'daemonsets'),
  replicaSet: kind('apps', 'v1', 'ReplicaSet', 'replicasets'),
  job: kind('batch', 'v1', 'Job', 'jobs'),
  lease: kind('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  customResourceDefinition: kind(
    'apiextensions.k8s.io',
    'v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    true,
  ),
  mutatingWebhook: kind(
    'admissionregistration.k8s.io',
    'v1',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
    true,
  ),
  validatingWebhook: kind(
    'admissionregistration.k8s.io',
    'v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    true,
  ),
  clusterRole: kind('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', true),
  clusterRoleBinding: kind('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', true),
  role: kind('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  roleBinding: kind('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  podDisruptionBudget: kind('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
} as const;
