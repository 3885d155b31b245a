export { anyAuthorization, anyClient, anyHeaders, anyPath, anyPolicy, anyRequest } from './arbitraries.ts';
export {
  anybody,
  anyTls,
  client,
  grant,
  grpcRoute,
  httpPolicy,
  httpRoute,
  identities,
  identityOf,
  match,
  network,
  resourceRef,
} from './builders.ts';
export { largePolicy, largePolicyClient } from './large-policy.ts';
export { decideNaively, decideTcpNaively, type NaiveVerdict } from './naive.ts';
