/** Kubernetes as a source of resources, and what is written back to it. */
export { type ClusterConnection, ConnectionError, type TextSource } from './connection/connection.ts';
export { type InClusterOptions, inClusterConnection } from './connection/in-cluster.ts';
export { kubeconfigConnection } from './connection/kubeconfig.ts';
