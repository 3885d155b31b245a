export {
  type Authority,
  formatAuthority,
  formatHost,
  formatSocketAddress,
  type Host,
  parseAuthority,
  parseServiceName,
  type ServiceName,
  serviceAuthorityName,
} from './authority.ts';
export { isDnsLabel, isDnsName } from './dns.ts';
export { formatDuration, parseDuration, parseGatewayDuration } from './duration.ts';
export {
  type Identity,
  type IdentityDomain,
  type IdentityPattern,
  namespaceIdentitySuffix,
  parseIdentity,
  parseIdentityPattern,
  parseServiceAccountIdentity,
  parseServiceAccountUser,
  type ServiceAccount,
  serviceAccountIdentity,
  serviceAccountUser,
} from './identity.ts';
export {
  compareIps,
  formatIp,
  type IpAddress,
  type Ipv4Address,
  type Ipv6Address,
  ipv4,
  ipv6,
  ipv6FromHalves,
  ipv6Halves,
  isLoopback,
  parseIp,
  sameIp,
} from './ip.ts';
export {
  allNetworks,
  formatNetwork,
  hostOf,
  type IpNetwork,
  ipv6NetworkFromHalves,
  networkContains,
  networkCovers,
  networkOf,
  networkOfOne,
  parseNetwork,
  sameNetwork,
} from './network.ts';
export { type NameError, orThrow, type Parsed } from './parsed.ts';
