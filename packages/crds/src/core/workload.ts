/** The controllers that make pods: what we read is the template, and how many. */
import type { ObjectMeta } from '../object.ts';
import type { PodSpec } from './pod.ts';

export type Workload =
  | WorkloadOf<'apps', 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet'>
  | WorkloadOf<'batch', 'Job' | 'CronJob'>
  | WorkloadOf<'', 'ReplicationController'>;

interface WorkloadOf<Group extends string, Kind extends string> {
  readonly group: Group;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  /** 1 where the manifest names none, and for kinds that have no such field. */
  readonly replicas: number;
  /** Of a StatefulSet; otherwise empty. */
  readonly serviceName: string;
  readonly template: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly spec: PodSpec;
  };
}
