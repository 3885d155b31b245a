/** Kubernetes as a source of resources, and what is written back to it. */

export { ApiError, noAnswer } from './api/api-error.ts';
export { type ApiRequest, KubernetesApi, type KubernetesApiOptions } from './api/kubernetes-api.ts';
export { meshKinds } from './api/mesh-kinds.ts';
export { collectionPath, objectPath, type ResourceKind } from './api/resource-kind.ts';
export { type KubernetesAccess, kubernetesAccess, openKubernetesApi } from './connection/access.ts';
export { type ClusterConnection, ConnectionError, type TextSource } from './connection/connection.ts';
export { type InClusterOptions, inClusterConnection } from './connection/in-cluster.ts';
export { kubeconfigConnection } from './connection/kubeconfig.ts';
export { type ResourcesConfig, resourcesFrom } from './connection/resources.ts';
export { type UserConnectionOptions, userConnection } from './connection/user-connection.ts';
export { EventRecorder, type EventRecorderOptions } from './events/event-recorder.ts';
export type { EventReason, EventReport } from './events/event-report.ts';
export { LeaseElection, type LeaseElectionOptions, type LeaseTiming } from './leadership/lease-election.ts';
export { forwardPort, type PodPort } from './port-forward/port-forward.ts';
export {
  type ParentConditions,
  type StatusCondition,
  type StatusStamp,
  withConditions,
  withParents,
} from './status/merge-status.ts';
export { type KnownStatus, type StatusOutcome, type StatusTarget, writeStatus } from './status/write-status.ts';
export {
  type KindState,
  KubernetesSource,
  type KubernetesSourceOptions,
  kubernetesSource,
} from './watch/kubernetes-source.ts';
export { type Listing, listObjects } from './watch/list-objects.ts';
export type { ReflectorTuning } from './watch/reflector.ts';
