import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Authorization, GrpcRoute, HttpRoute, InboundPolicy } from '@heddle/policy';
import { anyPolicy } from '@heddle/policy/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServerSchema } from '../gen/io/linkerd/proxy/inbound_pb.ts';
import { inboundPolicyFromProto, inboundPolicyToProto } from './inbound.ts';

/** The same policy without the grants that grant nothing: the wire cannot say them, and they change no answer. */
const sayable = (policy: InboundPolicy): InboundPolicy => {
  const grants = (authorizations: readonly Authorization[]) =>
    authorizations.filter(({ networks }) => networks.length > 0);
  const route = <R extends HttpRoute | GrpcRoute>(of: R): R => ({ ...of, authorizations: grants(of.authorizations) });
  const { protocol } = policy;
  const authorizations = grants(policy.authorizations);
  switch (protocol.kind) {
    case 'detect':
    case 'http1':
    case 'http2':
      return { ...policy, authorizations, protocol: { ...protocol, routes: protocol.routes.map(route) } };
    case 'grpc':
      return { ...policy, authorizations, protocol: { ...protocol, routes: protocol.routes.map(route) } };
    case 'opaque':
    case 'tls':
      return { ...policy, authorizations };
  }
};

test('an inbound policy comes back as it was sent', () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const sent = sayable(policy);
      const bytes = toBinary(ServerSchema, inboundPolicyToProto(policy));
      expect(inboundPolicyFromProto(fromBinary(ServerSchema, bytes))).toEqual({ kind: 'ok', value: sent });
    }),
    { numRuns: 500 },
  );
});
