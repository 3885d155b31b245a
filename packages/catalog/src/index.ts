/** Kubernetes objects in, answers out: inbound and outbound policy, endpoints, profiles, statuses. */
export { type Catalog, createCatalog, type Trouble } from './catalog.ts';
export type { Changes } from './changes.ts';
export type { Condition } from './condition.ts';
export { diffEndpoints } from './endpoint-diff.ts';
export type { EndpointsQuery } from './endpoints.ts';
export type { CatalogOptions } from './options.ts';
export type { OutboundAnswer } from './outbound.ts';
export type {
  Backend,
  BackendTarget,
  Distribution,
  Endpoint,
  EndpointAddress,
  EndpointSet,
  EndpointTls,
  EndpointUpdate,
  Http2KeepAlive,
  OpaqueFilter,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundHttpRule,
  OutboundPolicy,
  OutboundProtocol,
  OutboundRef,
  ProtocolHint,
} from './outbound-model.ts';
export { includesPort, type PortList, parsePortList } from './port-list.ts';
export type { Profile, ProfileOverride, ProfileRoute, RetryBudget } from './profile-model.ts';
export type { ProfileAnswer } from './profiles.ts';
export { conditionTypes, type ResourceStatus } from './status.ts';
export { type AddressTarget, parseTarget, type ServiceTarget, type Target } from './target.ts';
export type { Workload } from './workload.ts';
