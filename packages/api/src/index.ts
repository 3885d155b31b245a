/** The mesh's gRPC APIs: generated messages, servers and clients over mesh TLS, conversions to and from the models. */
export { create as createMessage, type MessageShape } from '@bufbuild/protobuf';
export { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
export type { Decoded } from './convert/decoded.ts';
export {
  endpointUpdateFromProto,
  endpointUpdateToProto,
  profileFromProto,
  profileToProto,
} from './convert/destination.ts';
export { inboundPolicyFromProto, inboundPolicyToProto } from './convert/inbound.ts';
export { outboundPolicyFromProto, outboundPolicyToProto } from './convert/outbound.ts';
export { decodeSocketAddress } from './convert/scalars.ts';
export * as destinationApi from './gen/io/linkerd/proxy/destination_pb.ts';
export * as identityApi from './gen/io/linkerd/proxy/identity_pb.ts';
export * as inboundApi from './gen/io/linkerd/proxy/inbound_pb.ts';
export * as outboundApi from './gen/io/linkerd/proxy/outbound_pb.ts';
export type { CallContext } from './grpc/call-context.ts';
export {
  GrpcClient,
  type GrpcClientOptions,
  type GrpcSecurity,
  type StreamCall,
  type StreamEvents,
  type UnaryOptions,
} from './grpc/client.ts';
export { type RpcCode, RpcError } from './grpc/rpc-error.ts';
export { GrpcServer, type GrpcServerOptions } from './grpc/server.ts';
export {
  type BoundService,
  type ReportError,
  type ServiceHandlers,
  type StreamHandler,
  serveWith,
  type UnaryHandler,
} from './grpc/service.ts';
export { type CertifiedLeaf, type CertifyOptions, certify, UnusableCertificateError } from './identity/certify.ts';
export { IdentityRenewal, type IdentityRenewalOptions, type IdentityState } from './identity/identity-renewal.ts';
export { finalErrors, type IsFinal } from './watch/final-errors.ts';
export {
  defaultStreamLimits,
  type StreamLimits,
  StreamWatch,
  type StreamWatchOptions,
  type WatchState,
} from './watch/stream-watch.ts';
