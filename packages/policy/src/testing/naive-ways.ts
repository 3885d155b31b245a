/** Reference interpreter, part: a policy's routes, reduced to one shape for HTTP and gRPC. */
import type {
  GrpcFilter,
  GrpcRoute,
  HeaderMatch,
  HttpFilter,
  HttpRoute,
  InboundPolicy,
  PathMatch,
  QueryParamMatch,
} from '../model.ts';
import { decode } from './naive-paths.ts';

/** One way into a rule of a route. */
export interface Way {
  readonly route: HttpRoute | GrpcRoute;
  readonly isBroken: boolean;
  /** Compares with the path, and how specific that is; undefined for no match. */
  readonly path: (path: string | undefined, isDecoded: boolean) => readonly number[] | undefined;
  readonly method: string | undefined;
  readonly headers: readonly HeaderMatch[];
  readonly queryParams: readonly QueryParamMatch[];
  readonly filters: readonly (HttpFilter | GrpcFilter)[];
  /** What a redirect of the prefix would replace. */
  readonly prefix: string | undefined;
}

const builtIn: HttpRoute = {
  ref: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [], filters: [] }],
};

/** Every way into every rule of a policy. */
export const waysOf = ({ protocol }: InboundPolicy): readonly Way[] => {
  if (protocol.kind === 'opaque' || protocol.kind === 'tls') return [];
  if (protocol.kind === 'grpc' && protocol.routes.length > 0) return protocol.routes.flatMap(grpcWays);
  return protocol.kind === 'grpc' || protocol.routes.length === 0
    ? httpWays(builtIn)
    : protocol.routes.flatMap(httpWays);
};

const httpWays = (route: HttpRoute): readonly Way[] =>
  route.rules.flatMap(({ matches, filters }) =>
    (matches.length === 0 ? [{ headers: [], queryParams: [], method: undefined, path: undefined }] : matches).map(
      (match) => ({
        route,
        isBroken:
          [match.path, ...match.headers, ...match.queryParams].some(
            (part) => part?.kind === 'regex' && isBroken(part.value),
          ) ||
          filters.some(
            (filter) =>
              filter.kind === 'unknown' ||
              (filter.kind === 'redirect' &&
                filter.path?.kind === 'prefix' &&
                match.path !== undefined &&
                match.path.kind !== 'prefix'),
          ),
        path: (path: string | undefined, isDecoded: boolean) => comparePath(match.path, path, isDecoded),
        method: match.method,
        headers: match.headers,
        queryParams: match.queryParams,
        filters,
        prefix: match.path === undefined ? '' : match.path.kind === 'prefix' ? trimmed(match.path.value) : undefined,
      }),
    ),
  );

const grpcWays = (route: GrpcRoute): readonly Way[] =>
  route.rules.flatMap(({ matches, filters }) =>
    (matches.length === 0 ? [{ service: '', method: '', headers: [] }] : matches).map((match) => ({
      route,
      isBroken:
        match.headers.some((part) => part.kind === 'regex' && isBroken(part.value)) ||
        filters.some((filter) => filter.kind === 'unknown'),
      path: (path: string | undefined) => {
        const [empty, service, method, ...rest] = path?.split('/') ?? [];
        if (empty !== '' || !service || !method || rest.length > 0) return undefined;
        if (match.service !== '' && match.service !== service) return undefined;
        if (match.method !== '' && match.method !== method) return undefined;
        return [match.service.length, match.method.length];
      },
      method: 'POST',
      headers: match.headers,
      queryParams: [],
      filters,
      prefix: undefined,
    })),
  );

export const isBroken = (pattern: string): boolean => {
  try {
    return !RegExp(pattern);
  } catch {
    return true;
  }
};

/** Something broken matches all that it might have meant, so that it is refused and not passed over. */
export const matchesAll = (pattern: string, text: string): boolean =>
  isBroken(pattern) || RegExp(`^(?:${pattern})$`, 's').test(text);

const trimmed = (prefix: string): string => prefix.replace(/\/*$/, '');

const comparePath = (
  match: PathMatch | undefined,
  path: string | undefined,
  isDecoded: boolean,
): readonly number[] | undefined => {
  const isEverything = match === undefined || (match.kind === 'prefix' && match.value.replaceAll('/', '') === '');
  if (isEverything) return [1];
  if (path === undefined) return undefined;
  if (match.kind === 'regex') return matchesAll(match.value, path) ? [path.length] : undefined;
  const wanted = isDecoded ? (decode(match.value) ?? match.value) : match.value;
  if (match.kind === 'exact') return path === wanted ? [path.length] : undefined;
  const segments = trimmed(wanted).split('/');
  const isUnder = segments.every((segment, at) => path.split('/')[at] === segment);
  return isUnder ? [segments.join('/').length] : undefined;
};
