/** Kubernetes as a source of resources, and what is written back to it. */

export { ApiError, noAnswer } from './api/api-error.ts';
export { type ApiRequest, KubernetesApi, type KubernetesApiOptions } from './api/kubernetes-api.ts';
export type { ResourceKind } from './api/resource-kind.ts';
export { type ClusterConnection, ConnectionError, type TextSource } from './connection/connection.ts';
export { type InClusterOptions, inClusterConnection } from './connection/in-cluster.ts';
export { kubeconfigConnection } from './connection/kubeconfig.ts';
export {
  type KindState,
  KubernetesSource,
  type KubernetesSourceOptions,
  kubernetesSource,
} from './watch/kubernetes-source.ts';
export type { ReflectorTuning } from './watch/reflector.ts';
