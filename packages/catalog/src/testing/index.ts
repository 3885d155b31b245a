/** Builders for tests of whatever stands on the catalog. */
export {
  buildNamespace,
  buildNode,
  buildPod,
  buildService,
  buildServiceAccount,
  buildSlice,
  meshedLabels,
} from './core-objects.ts';
export { selectorOf } from './meta.ts';
export { testOptions } from './options.ts';
export {
  buildAuthorizationPolicy,
  buildEgressNetwork,
  buildGrpcRoute,
  buildHttpRoute,
  buildMeshTls,
  buildNetworkAuthentication,
  buildRateLimit,
  buildServer,
  buildServerAuthorization,
  buildServiceProfile,
  buildUnreadable,
} from './policy-objects.ts';
