/** The Kubernetes objects that the mesh reads, reduced to the fields it reads. */
import type { Resource } from '../resource.ts';
import type { UnreadableResource } from '../unreadable.ts';
import type { EndpointSlice } from './endpoint-slice.ts';
import type { Namespace } from './namespace.ts';
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import type { Service } from './service.ts';
import type { ServiceAccount } from './service-account.ts';
import type { Workload } from './workload.ts';

export type { Endpoint, EndpointPort, EndpointSlice } from './endpoint-slice.ts';
export type { Namespace } from './namespace.ts';
export type { Node } from './node.ts';
export type { Condition, Container, ContainerPort, HttpGet, Pod, PodSpec, PodStatus, PortRef, Probe } from './pod.ts';
export type { Service, ServicePort, ServiceSpec } from './service.ts';
export type { ServiceAccount } from './service-account.ts';
export type { Workload } from './workload.ts';

export type CoreObject = Pod | Service | EndpointSlice | Namespace | ServiceAccount | Node | Workload;

/** Everything a resource source may emit, tagged by `kind` (and `group`, for HTTPRoute). */
export type KubernetesObject = Resource | CoreObject | UnreadableResource;
