/** Builders for tests of whatever stands on the catalog. */
export {
  buildAuthorizationPolicy,
  buildEgressNetwork,
  buildGrpcRoute,
  buildHttpRoute,
  buildMeshTls,
  buildNamespace,
  buildNetworkAuthentication,
  buildNode,
  buildPod,
  buildRateLimit,
  buildServer,
  buildServerAuthorization,
  buildService,
  buildServiceAccount,
  buildServiceProfile,
  buildSlice,
  meshedLabels,
  selectorOf,
} from './objects.ts';
export { testOptions } from './options.ts';
