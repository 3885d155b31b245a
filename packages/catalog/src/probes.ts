/**
 * The kubelet's HTTP probes come without the mesh and must get through (features §2.6, DESIGN §7). A port's probe route
 * allows plaintext GETs of exactly the paths that the pod declares, from the probe networks. It exists beside a user's
 * routes, but never for a path that one of them matches: what a user's route says about a path stands alone.
 */
import { compilePath, type HttpMatch, type HttpRoute, matchPath, type PathMatch } from '@heddle/policy';
import type { CatalogOptions } from './options.ts';
import { defaultRef } from './refs.ts';

/** The probe route for these paths; undefined when there is nothing to allow. */
export const probeRoute = (paths: readonly string[], options: CatalogOptions): HttpRoute | undefined => {
  if (paths.length === 0 || options.probeNetworks.length === 0) return undefined;
  return {
    ref: defaultRef('probe'),
    hosts: [],
    authorizations: [
      {
        ref: defaultRef('probe'),
        networks: options.probeNetworks.map((net) => ({ net, except: [] })),
        authentication: { kind: 'unauthenticated' },
      },
    ],
    rules: [{ matches: paths.map(probeMatch), filters: [] }],
  };
};

/** The routes, if any, that a GET of a path may take, whatever its host, headers and query. */
export const routesOverPath = (routes: readonly HttpRoute[], path: string): readonly HttpRoute[] =>
  routes.filter((route) =>
    route.rules.some((rule) => rule.matches.length === 0 || rule.matches.some((match) => mayMatchGet(match, path))),
  );

const mayMatchGet = ({ path, method }: HttpMatch, probed: string): boolean =>
  (method === undefined || method === 'GET') && mayMatch(path, probed);

const probeMatch = (path: string): HttpMatch => ({
  path: { kind: 'exact', value: path } satisfies PathMatch,
  headers: [],
  queryParams: [],
  method: 'GET',
});

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
