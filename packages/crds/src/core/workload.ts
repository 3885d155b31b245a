/** The controllers that make pods: what we read is the template, and how many. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { coreVersion } from './core-version.ts';
import { type PodSpec, podSpec, podSpecFrom } from './pod.ts';

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

const template = z
  .object({
    metadata: z
      .object({
        labels: z.record(z.string(), z.string()).optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    spec: podSpec().describe('the spec of the pods'),
  })
  .describe('the template of the pods');

const schema = z.object({
  spec: z
    .object({ replicas: z.int().min(0).optional(), serviceName: z.string().optional(), template })
    .describe('the spec, with a template of the pods'),
});

const cronJobSchema = z.object({
  spec: z
    .object({
      jobTemplate: z
        .object({ spec: z.object({ template }).describe('the spec of the jobs') })
        .describe('the template of the jobs'),
    })
    .describe('the spec, with a template of the jobs'),
});

type Body = Pick<Workload, 'replicas' | 'serviceName' | 'template'>;

const templateFrom = (input: z.output<typeof template>): Body['template'] => ({
  labels: input.metadata?.labels ?? {},
  annotations: input.metadata?.annotations ?? {},
  spec: podSpecFrom(input.spec),
});

const workloadVersion = coreVersion(
  'v1',
  schema,
  ({ spec }): Body => ({
    replicas: spec.replicas ?? 1,
    serviceName: spec.serviceName ?? '',
    template: templateFrom(spec.template),
  }),
);

const cronJobVersion = coreVersion(
  'v1',
  cronJobSchema,
  ({ spec }): Body => ({ replicas: 1, serviceName: '', template: templateFrom(spec.jobTemplate.spec.template) }),
);

export const workloadDefinitions: readonly ResourceDefinition<Workload>[] = [
  { group: 'apps', kind: 'Deployment', versions: [workloadVersion] },
  { group: 'apps', kind: 'StatefulSet', versions: [workloadVersion] },
  { group: 'apps', kind: 'DaemonSet', versions: [workloadVersion] },
  { group: 'apps', kind: 'ReplicaSet', versions: [workloadVersion] },
  { group: 'batch', kind: 'Job', versions: [workloadVersion] },
  { group: 'batch', kind: 'CronJob', versions: [cronJobVersion] },
  { group: '', kind: 'ReplicationController', versions: [workloadVersion] },
];
