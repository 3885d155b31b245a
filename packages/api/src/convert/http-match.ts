/** What routes match: hosts, paths, headers, query parameters, methods, RPCs. Shared by both directions. */
import { create } from '@bufbuild/protobuf';
import type { GrpcMatch, HeaderMatch, HostMatch, HttpMatch, PathMatch, QueryParamMatch } from '@heddle/policy';
import {
  type GrpcRouteMatch as GrpcRouteMatchMessage,
  GrpcRouteMatchSchema,
} from '../gen/io/linkerd/proxy/grpc_route_pb.ts';
import {
  type HeaderMatch as HeaderMatchMessage,
  HeaderMatchSchema,
  type HostMatch as HostMatchMessage,
  HostMatchSchema,
  type HttpRouteMatch as HttpRouteMatchMessage,
  HttpRouteMatchSchema,
  type PathMatch as PathMatchMessage,
  PathMatchSchema,
  type QueryParamMatch as QueryParamMatchMessage,
  QueryParamMatchSchema,
} from '../gen/io/linkerd/proxy/http_route_pb.ts';
import {
  HttpMethod_Registered,
  type HttpMethod as HttpMethodMessage,
  HttpMethodSchema,
} from '../gen/io/linkerd/proxy/http_types_pb.ts';
import { each, refuse, required } from './decoded.ts';

export const hostMatchToProto = (match: HostMatch): HostMatchMessage =>
  create(HostMatchSchema, {
    match:
      match.kind === 'exact'
        ? { case: 'exact', value: match.host }
        : { case: 'suffix', value: { reverseLabels: [...match.reverseLabels] } },
  });

export const hostMatchFromProto = ({ match }: HostMatchMessage): HostMatch => {
  if (match.case === 'exact') return { kind: 'exact', host: match.value };
  if (match.case === 'suffix') return { kind: 'suffix', reverseLabels: match.value.reverseLabels };
  return refuse('neither exact nor suffix');
};

export const httpMatchToProto = (match: HttpMatch): HttpRouteMatchMessage =>
  create(HttpRouteMatchSchema, {
    headers: match.headers.map(headerMatchToProto),
    queryParams: match.queryParams.map(queryParamMatchToProto),
    ...(match.path === undefined ? {} : { path: pathMatchToProto(match.path) }),
    ...(match.method === undefined ? {} : { method: methodToProto(match.method) }),
  });

export const httpMatchFromProto = (match: HttpRouteMatchMessage): HttpMatch => ({
  path: match.path && pathMatchFromProto(match.path),
  headers: each(match.headers, 'headers', headerMatchFromProto),
  queryParams: each(match.queryParams, 'query_params', queryParamMatchFromProto),
  method: match.method && methodFromProto(match.method),
});

export const grpcMatchToProto = ({ service, method, headers }: GrpcMatch): GrpcRouteMatchMessage =>
  create(GrpcRouteMatchSchema, { rpc: { service, method }, headers: headers.map(headerMatchToProto) });

export const grpcMatchFromProto = (match: GrpcRouteMatchMessage): GrpcMatch => {
  const { service, method } = required(match.rpc, 'rpc');
  return { service, method, headers: each(match.headers, 'headers', headerMatchFromProto) };
};

const pathMatchToProto = ({ kind, value }: PathMatch): PathMatchMessage =>
  create(PathMatchSchema, { kind: { case: kind, value } });

const pathMatchFromProto = ({ kind }: PathMatchMessage): PathMatch =>
  kind.case === undefined ? refuse('path is neither exact, prefix nor regex') : { kind: kind.case, value: kind.value };

const headerMatchToProto = ({ kind, name, value }: HeaderMatch): HeaderMatchMessage =>
  create(HeaderMatchSchema, {
    name,
    value: kind === 'exact' ? { case: kind, value: latin1Bytes(value) } : { case: kind, value },
  });

const headerMatchFromProto = ({ name, value }: HeaderMatchMessage): HeaderMatch => {
  if (name === '') return refuse('name is missing');
  if (value.case === 'exact') return { kind: 'exact', name: name.toLowerCase(), value: latin1Text(value.value) };
  if (value.case === 'regex') return { kind: 'regex', name: name.toLowerCase(), value: value.value };
  return refuse('neither exact nor regex');
};

const queryParamMatchToProto = ({ kind, name, value }: QueryParamMatch): QueryParamMatchMessage =>
  create(QueryParamMatchSchema, { name, value: { case: kind, value } });

const queryParamMatchFromProto = ({ name, value }: QueryParamMatchMessage): QueryParamMatch =>
  value.case === undefined ? refuse('neither exact nor regex') : { kind: value.case, name, value: value.value };

const methodNames = new Map<number, string>(
  Object.entries(HttpMethod_Registered).map(([name, number]) => [number, name]),
);

export const methodToProto = (method: string): HttpMethodMessage => {
  const registered = Object.entries(HttpMethod_Registered).find(([name]) => name === method)?.[1];
  return create(HttpMethodSchema, {
    type:
      registered === undefined ? { case: 'unregistered', value: method } : { case: 'registered', value: registered },
  });
};

export const methodFromProto = ({ type }: HttpMethodMessage): string => {
  if (type.case === 'unregistered') return type.value === '' ? refuse('method is empty') : type.value;
  if (type.case === 'registered')
    return methodNames.get(type.value) ?? refuse(`method ${type.value} is not registered`);
  return refuse('method is missing');
};

/** Header values are bytes; the model holds them as Latin-1 text. */
export const latin1Bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'latin1'));
export const latin1Text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
