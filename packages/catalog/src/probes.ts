/**
 * The kubelet's calls come without the mesh and must get through (features §2.6, DESIGN §7). A port's probe route allows
 * exactly the calls that the pod declares, in plaintext, from the addresses of the pod's own node and from the networks
 * that the install names. It exists beside a user's routes, but never for a call that one of them may take: what a user's
 * route says stands alone.
 */
import { compareIps, type IpAddress, networkOfOne, parseIp } from '@heddle/names';
import {
  type Authorization,
  type ClientNetwork,
  compilePath,
  type GrpcRoute,
  type HttpMatch,
  type HttpRoute,
  matchPath,
  type PathMatch,
  type RuleRef,
} from '@heddle/policy';
import type { Indexes } from './indexes.ts';
import { HEALTH_METHOD, HEALTH_SERVICE, type KubeletCall } from './kubelet-calls.ts';
import { defaultRef } from './refs.ts';
import type { Workload } from './workload.ts';

/** The probe route of a port that speaks HTTP, beside the routes attached to it; none when there is nothing to allow. */
export const httpProbeRoutes = (
  indexes: Indexes,
  workload: Workload,
  port: number,
  attached: readonly HttpRoute[],
): readonly HttpRoute[] => {
  const free = callsTo(workload, port).filter((call) => !takerOf(call, { kind: 'http', routes: attached }));
  const authorizations = free.length > 0 ? nodeGrants(indexes, workload) : [];
  if (authorizations.length === 0) return [];
  return [{ ref: REF, hosts: [], authorizations, rules: [{ matches: free.map(exactly), filters: [] }] }];
};

/** The same for a port that speaks gRPC alone. */
export const grpcProbeRoutes = (
  indexes: Indexes,
  workload: Workload,
  port: number,
  attached: readonly GrpcRoute[],
): readonly GrpcRoute[] => {
  const isFree = callsTo(workload, port).some(
    (call) => isHealthCheck(call) && !takerOf(call, { kind: 'grpc', routes: attached }),
  );
  const authorizations = isFree ? nodeGrants(indexes, workload) : [];
  if (authorizations.length === 0) return [];
  const matches = [{ service: HEALTH_SERVICE, method: HEALTH_METHOD, headers: [] }];
  return [{ ref: REF, hosts: [], authorizations, rules: [{ matches, filters: [] }] }];
};

/** What the kubelet asks of a port. */
export const callsTo = (workload: Workload, port: number): readonly KubeletCall[] => workload.calls.get(port) ?? [];

/** The route, if any, that a call may take, whatever its host, headers and query. */
export const takerOf = (
  call: KubeletCall,
  attached:
    | { readonly kind: 'http'; readonly routes: readonly HttpRoute[] }
    | { readonly kind: 'grpc'; readonly routes: readonly GrpcRoute[] },
): { readonly ref: RuleRef } | undefined =>
  attached.kind === 'http'
    ? attached.routes.find(({ rules }) =>
        rules.some(({ matches }) => matches.length === 0 || matches.some((match) => mayTake(match, call))),
      )
    : attached.routes.find(
        ({ rules }) =>
          isHealthCheck(call) &&
          rules.some(({ matches }) => matches.length === 0 || matches.some((match) => mayCheckHealth(match))),
      );

const REF = defaultRef('probe');

/** Anybody on the node of a workload, and in the networks named. */
const nodeGrants = ({ options, nodes, workloads }: Indexes, workload: Workload): readonly Authorization[] => {
  const { spec, status } = workload.pod;
  const isTaken = (ip: IpAddress): boolean => workloads.isTaken(ip);
  const ips = [...status.hostIps.flatMap(readable), ...nodes.addressesOf(spec.nodeName, isTaken)].sort(compareIps);
  const distinct = ips.filter((ip, at) => at === 0 || compareIps(ip, ips[at - 1] ?? ip) !== 0);
  const networks: readonly ClientNetwork[] = [...options.probeNetworks, ...distinct.map(networkOfOne)].map((net) => ({
    net,
    except: [],
  }));
  return networks.length === 0 ? [] : [{ ref: REF, networks, authentication: { kind: 'unauthenticated' } }];
};

const readable = (text: string): readonly IpAddress[] => {
  const ip = parseIp(text);
  return ip.kind === 'ok' ? [ip.value] : [];
};

const exactly = ({ method, path }: KubeletCall): HttpMatch => ({
  path: { kind: 'exact', value: path },
  headers: [],
  queryParams: [],
  method,
});

const mayTake = ({ path, method }: HttpMatch, call: KubeletCall): boolean =>
  (method === undefined || method === call.method) && mayMatch(path, call.path);

const isHealthCheck = ({ method }: KubeletCall): boolean => method === 'POST';

const mayCheckHealth = ({ service, method }: GrpcRoute['rules'][number]['matches'][number]): boolean =>
  (service === '' || service === HEALTH_SERVICE) && (method === '' || method === HEALTH_METHOD);

/** Whether a route may take the path, as sent or as read; where that cannot be told, it may. */
const mayMatch = (match: PathMatch | undefined, path: string): boolean => {
  if (path.includes('%')) return true;
  const { asSent, asRead } = matcherOf(match);
  return matchPath(asSent, path, path.length) || matchPath(asRead, path, path.length);
};

/** Regular expressions are compiled once per route, not once per pod. */
const matchers = new WeakMap<PathMatch, PathMatcher>();

const matcherOf = (match: PathMatch | undefined): PathMatcher => {
  const known = match && matchers.get(match);
  if (known) return known;
  const matcher = compilePath(match, []);
  if (match) matchers.set(match, matcher);
  return matcher;
};

type PathMatcher = ReturnType<typeof compilePath>;
