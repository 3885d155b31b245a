/** ExternalWorkload: a workload outside Kubernetes that is part of the mesh (features §3.9). */
import type { IpAddress } from '@heddle/names';
import type { ObjectMeta } from '../object.ts';

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
