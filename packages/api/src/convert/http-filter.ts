/**
 * What routes do to a request. A filter of a kind that we do not know becomes `unknown`, and requests on its rule are
 * refused: passing them unfiltered would be opening what somebody meant to close.
 */
import { create } from '@bufbuild/protobuf';
import type {
  GrpcFilter,
  HeaderValue,
  HttpFilter,
  Ratio,
  RequestHeaderModifier,
  RequestRedirect,
} from '@heddle/policy';
import {
  type GrpcFailureInjector as GrpcFailureInjectorMessage,
  GrpcFailureInjectorSchema,
} from '../gen/io/linkerd/proxy/grpc_route_pb.ts';
import {
  type HttpFailureInjector as HttpFailureInjectorMessage,
  HttpFailureInjectorSchema,
  type Ratio as RatioMessage,
  type RequestHeaderModifier as RequestHeaderModifierMessage,
  RequestHeaderModifierSchema,
  type RequestRedirect as RequestRedirectMessage,
  RequestRedirectSchema,
} from '../gen/io/linkerd/proxy/http_route_pb.ts';
import {
  type Headers as HeadersMessage,
  HeadersSchema,
  Scheme_Registered,
  type Scheme as SchemeMessage,
  SchemeSchema,
} from '../gen/io/linkerd/proxy/http_types_pb.ts';
import { nonEmpty, nonZero, refuse } from './decoded.ts';
import { latin1Bytes, latin1Text } from './http-match.ts';
import { hasUnknownField } from './unknown-fields.ts';

/** The `kind` that inbound and outbound filters of HTTP routes have in common. */
type HttpFilterKind =
  | { case: 'failureInjector'; value: HttpFailureInjectorMessage }
  | { case: 'requestHeaderModifier'; value: RequestHeaderModifierMessage }
  | { case: 'redirect'; value: RequestRedirectMessage }
  | { case: undefined; value?: undefined };

/** The `kind` of filters of gRPC routes. */
type GrpcFilterKind =
  | { case: 'failureInjector'; value: GrpcFailureInjectorMessage }
  | { case: 'requestHeaderModifier'; value: RequestHeaderModifierMessage }
  | { case: undefined; value?: undefined };

export const httpFilterToProto = (filter: HttpFilter): HttpFilterKind => {
  switch (filter.kind) {
    case 'failure': {
      const { status, message, ratio } = filter;
      return {
        case: 'failureInjector',
        value: create(HttpFailureInjectorSchema, { status, message, ...(ratio && { ratio }) }),
      };
    }
    case 'requestHeaders':
      return { case: 'requestHeaderModifier', value: headerModifierToProto(filter) };
    case 'redirect':
      return { case: 'redirect', value: redirectToProto(filter) };
    case 'unknown':
      return { case: undefined };
  }
};

export const httpFilterFromProto = (filter: {
  readonly kind: HttpFilterKind | { case: 'responseHeaderModifier' };
}): HttpFilter => {
  if (hasUnknownField(filter)) return { kind: 'unknown' };
  const { kind } = filter;
  switch (kind.case) {
    case 'failureInjector': {
      const { status, message, ratio } = kind.value;
      if (status < 100 || status > 999) return refuse(`${status} is not an HTTP status`);
      return { kind: 'failure', status, message, ratio: ratioFromProto(ratio) };
    }
    case 'requestHeaderModifier':
      return headerModifierFromProto(kind.value);
    case 'redirect':
      return redirectFromProto(kind.value);
    case 'responseHeaderModifier':
    case undefined:
      return { kind: 'unknown' };
  }
};

export const grpcFilterToProto = (filter: GrpcFilter): GrpcFilterKind => {
  switch (filter.kind) {
    case 'failure': {
      const { code, message, ratio } = filter;
      return {
        case: 'failureInjector',
        value: create(GrpcFailureInjectorSchema, { code, message, ...(ratio && { ratio }) }),
      };
    }
    case 'requestHeaders':
      return { case: 'requestHeaderModifier', value: headerModifierToProto(filter) };
    case 'unknown':
      return { case: undefined };
  }
};

export const grpcFilterFromProto = (filter: { readonly kind: GrpcFilterKind }): GrpcFilter => {
  if (hasUnknownField(filter)) return { kind: 'unknown' };
  const { kind } = filter;
  switch (kind.case) {
    case 'failureInjector': {
      const { code, message, ratio } = kind.value;
      if (code > 0xffff) return refuse(`${code} is not a gRPC status`);
      return { kind: 'failure', code, message, ratio: ratioFromProto(ratio) };
    }
    case 'requestHeaderModifier':
      return headerModifierFromProto(kind.value);
    case undefined:
      return { kind: 'unknown' };
  }
};

const ratioFromProto = (ratio: RatioMessage | undefined): Ratio | undefined => {
  if (ratio === undefined) return undefined;
  const { numerator, denominator } = ratio;
  return denominator === 0 ? refuse('a ratio has the denominator 0') : { numerator, denominator };
};

const headerModifierToProto = ({ add, set, remove }: RequestHeaderModifier): RequestHeaderModifierMessage =>
  create(RequestHeaderModifierSchema, { add: headersToProto(add), set: headersToProto(set), remove: [...remove] });

const headerModifierFromProto = ({ add, set, remove }: RequestHeaderModifierMessage): RequestHeaderModifier => ({
  kind: 'requestHeaders',
  add: headersFromProto(add),
  set: headersFromProto(set),
  remove,
});

const headersToProto = (headers: readonly HeaderValue[]): HeadersMessage =>
  create(HeadersSchema, { headers: headers.map(({ name, value }) => ({ name, value: latin1Bytes(value) })) });

const headersFromProto = (headers: HeadersMessage | undefined): HeaderValue[] =>
  (headers?.headers ?? []).map(({ name, value }) => ({ name, value: latin1Text(value) }));

const redirectToProto = ({ scheme, host, path, port, status }: RequestRedirect): RequestRedirectMessage =>
  create(RequestRedirectSchema, {
    ...(scheme === undefined ? {} : { scheme: schemeToProto(scheme) }),
    ...(path === undefined ? {} : { path: { replace: { case: path.kind, value: path.value } } }),
    host: host ?? '',
    port: port ?? 0,
    status: status ?? 0,
  });

const redirectFromProto = ({ scheme, host, path, port, status }: RequestRedirectMessage): RequestRedirect => {
  const replace = path?.replace;
  if (path !== undefined && replace?.case === undefined) return refuse('a redirect replaces the path by nothing');
  if (port > 65_535) return refuse(`${port} is not a port`);
  return {
    kind: 'redirect',
    scheme: scheme && schemeFromProto(scheme),
    host: nonEmpty(host),
    path: replace?.case === undefined ? undefined : { kind: replace.case, value: replace.value },
    port: nonZero(port),
    status: nonZero(status),
  };
};

const schemeToProto = (scheme: string): SchemeMessage =>
  create(SchemeSchema, {
    type:
      scheme === 'http' || scheme === 'https'
        ? { case: 'registered', value: scheme === 'http' ? Scheme_Registered.HTTP : Scheme_Registered.HTTPS }
        : { case: 'unregistered', value: scheme },
  });

const schemeFromProto = ({ type }: SchemeMessage): string => {
  if (type.case === 'unregistered') return type.value;
  if (type.case === 'registered' && type.value === Scheme_Registered.HTTP) return 'http';
  if (type.case === 'registered' && type.value === Scheme_Registered.HTTPS) return 'https';
  return refuse('a scheme is missing or not known');
};
