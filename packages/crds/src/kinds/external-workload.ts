/** ExternalWorkload: a workload outside Kubernetes that is part of the mesh (features §3.9). */
import { type IpAddress, parseIp } from '@heddle/names';
import { z } from 'zod';
import { type BodyOf, type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { fields, oneOf, portNumber } from '../schema.ts';
import { condition } from './status.ts';

export interface ExternalWorkload {
  readonly group: 'workload.linkerd.io';
  readonly kind: 'ExternalWorkload';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly meshTls: { readonly identity: string; readonly serverName: string };
    readonly ports: readonly {
      readonly name?: string | undefined;
      readonly port: number;
      readonly protocol: 'TCP' | 'UDP' | 'SCTP';
    }[];
    readonly workloadIps: readonly IpAddress[];
  };
  readonly status: { readonly isReady: boolean };
}

const meshTls = () =>
  fields({
    identity: z.string().min(1).max(253).describe('the identity the workload proves'),
    serverName: z.string().min(1).max(253).describe('the name clients ask for in the TLS handshake'),
  }).describe('how the workload is known in the mesh');

const port = fields({
  name: z.string().min(1).max(63).optional(),
  port: portNumber().describe('the port number'),
  protocol: oneOf('a protocol', ['TCP', 'UDP', 'SCTP']).default('TCP'),
});

const rest = (maxIps: number) => ({
  ports: z.array(port).optional(),
  workloadIPs: z
    .array(fields({ ip: z.string().max(64).describe('an IP address') }))
    .max(maxIps)
    .optional(),
});

const status = fields({
  conditions: z.array(condition().extend({ lastProbeTime: z.string().optional() })).optional(),
}).optional();

const alpha1 = fields({ spec: fields({ meshTls: meshTls(), ...rest(1) }), status });
const beta1 = fields({ spec: fields({ meshTLS: meshTls(), ...rest(2) }), status });

type MeshTls = z.output<ReturnType<typeof meshTls>>;
type Input = Pick<z.output<typeof beta1>, 'status'> & {
  readonly spec: Omit<z.output<typeof beta1>['spec'], 'meshTLS'>;
};

const bodyFrom = (meshTls: MeshTls, { spec, status }: Input, context: ReadContext): BodyOf<ExternalWorkload> => ({
  spec: {
    meshTls,
    ports: spec.ports ?? [],
    workloadIps: (spec.workloadIPs ?? []).flatMap(({ ip }, index) => {
      const address = parseIp(ip);
      if (address.kind === 'ok') return [address.value];
      context.fail(['spec', 'workloadIPs', index, 'ip'], address.message);
      return [];
    }),
  },
  status: { isReady: (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True') },
});

export const externalWorkloadDefinition: ResourceDefinition<ExternalWorkload> = {
  group: 'workload.linkerd.io',
  kind: 'ExternalWorkload',
  versions: [
    version('v1alpha1', alpha1, (object, context) => bodyFrom(object.spec.meshTls, object, context)),
    version('v1beta1', beta1, (object, context) => bodyFrom(object.spec.meshTLS, object, context)),
  ],
};
