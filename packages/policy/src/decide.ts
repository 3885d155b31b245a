/**
 * The decision. Everything that Heddle enforces, explains and tests goes through these functions.
 *
 *     request ── is there a path and a host? ── which route takes it? ── is the client granted it? ── is the path plain?
 *                     no: 400                      none: 404               no: 403                      no: 400
 *                                                                          route broken: 500
 *
 * They allocate nothing for a request whose path has but one reading; verdicts are made with the connection's policy.
 */
import { classifyPath, pathReadings } from './ambiguous-path.ts';
import type { CompiledPolicy } from './compile.ts';
import type { ConnectionPolicy } from './connection-policy.ts';
import { normalizeHost } from './match-host.ts';
import { noPath } from './match-path.ts';
import type { RequestFacts } from './model.ts';
import { selectMatch } from './route-table.ts';
import type { Verdict } from './verdict.ts';

/**
 * Decides a connection that is not HTTP: on an opaque or TLS port, or because detection found something else or timed
 * out. Only the server's authorizations count. Decide again, on every new policy, while it is open.
 */
export const decideTcp = (connection: ConnectionPolicy): Verdict => connection.tcp;

/** Decides one HTTP request, gRPC included. */
export const decideHttp = (connection: ConnectionPolicy, request: RequestFacts): Verdict => {
  const { compiled, outcomes } = connection;
  if (!compiled.isHttp) return connection.noRoute;
  const { target } = request;
  const end = pathEnd(request.method, target);
  if (end === undefined) return connection.ambiguousPath;
  const host = hostFor(compiled, request.authority);
  if (host === undefined) return connection.ambiguousHost;

  const match = selectMatch(compiled.tables.asSent, request, host, target, end);
  const outcome = match === undefined ? undefined : outcomes[match.index];
  if (match === undefined || outcome === undefined) return connection.noRoute;
  if (outcome.verdict.kind === 'deny' || isTrustedAsSent(connection)) return outcome.verdict;
  // What goes through a tunnel may be any request: a server that answers CONNECT like GET reads the next one there.
  if (end === noPath) return request.method === 'CONNECT' ? outcome.ambiguousPath : outcome.verdict;
  switch (classifyPath(target, end)) {
    case 'plain':
      return outcome.verdict;
    case 'ambiguous':
      return outcome.ambiguousPath;
    case 'readings':
      return isSameAsRead(connection, request, host, target.slice(0, end), match.effect)
        ? outcome.verdict
        : outcome.ambiguousPath;
  }
};

/**
 * Where the path ends in a request target; `noPath` for `OPTIONS *` and `CONNECT`, which only routes for every path
 * take (and `CONNECT` only from clients that may ask for all of them); undefined for a target that is none of RFC 9112
 * section 3.2's forms. (Absolute form is the codec's to split.)
 */
export const pathEnd = (method: string, target: string): number | undefined => {
  if (target.startsWith('/')) {
    const query = target.indexOf('?');
    return query < 0 ? target.length : query;
  }
  return method === 'CONNECT' || (method === 'OPTIONS' && target === '*') ? noPath : undefined;
};

/** The host as routes compare it; not looked at where no route asks for one. */
export const hostFor = (compiled: CompiledPolicy, authority: string): string | undefined =>
  compiled.hasHosts ? normalizeHost(authority) : '';

const isTrustedAsSent = ({ compiled, isOpenToAllPaths }: ConnectionPolicy): boolean =>
  isOpenToAllPaths || compiled.ambiguousPaths === 'raw';

/** Whether every reading of the path is permitted too, and by a match with the same effect on the request. */
const isSameAsRead = (
  connection: ConnectionPolicy,
  request: RequestFacts,
  host: string,
  path: string,
  effect: number,
): boolean => {
  const { compiled, outcomes } = connection;
  const readings = pathReadings(path);
  if (readings === undefined) return false;
  return readings.every((reading) => {
    const match = selectMatch(compiled.tables.asRead, request, host, reading, reading.length);
    return match?.effect === effect && outcomes[match.index]?.verdict.kind === 'permit';
  });
};
