/** Every type of message that a proxy reads is in one of three groups, and behaves as its group says (ADR 15). */
import { create, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { anyPolicy } from '@heddle/policy/testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DestinationProfileSchema, UpdateSchema, WeightedAddrSchema } from '../gen/io/linkerd/proxy/destination_pb.ts';
import { ServerSchema } from '../gen/io/linkerd/proxy/inbound_pb.ts';
import { OutboundPolicySchema } from '../gen/io/linkerd/proxy/outbound_pb.ts';
import { endpointUpdateFromProto, profileFromProto } from './destination.ts';
import { inboundPolicyFromProto, inboundPolicyToProto } from './inbound.ts';
import { outboundPolicyFromProto } from './outbound.ts';
import { hasUnknownField, refuseUnknownFields } from './unknown-fields.ts';

type Group = 'policy' | 'rule' | 'none';

/** What an unknown field costs, by type; `*` is the rest of a name. The first that fits counts. */
const groups: readonly (readonly [pattern: string, group: Group])[] = [
  // Filters: their rule.
  ['inbound.HttpRoute.Filter', 'rule'],
  ['inbound.GrpcRoute.Filter', 'rule'],
  ['outbound.HttpRoute.Filter', 'rule'],
  ['outbound.GrpcRoute.Filter', 'rule'],
  ['outbound.OpaqueRoute.Filter', 'rule'],
  ['outbound.TlsRoute.Filter', 'rule'],
  // Who may do what on which port: the policy.
  ['inbound.*', 'policy'],
  ['net.*', 'policy'],
  ['http_types.*', 'policy'],
  ['http_route.Timeouts', 'none'],
  ['http_route.*', 'policy'],
  ['grpc_route.*', 'policy'],
  ['tls_route.*', 'policy'],
  ['opaque_route.*', 'policy'],
  // Whom an endpoint must prove to be: the endpoint.
  ['destination.TlsIdentity*', 'policy'],
  // Where requests go by which route: the policy. How fast, how often, under which name: nothing.
  ['outbound.HttpRoute.Retry*', 'none'],
  ['outbound.GrpcRoute.Retry*', 'none'],
  ['outbound.HttpRoute*', 'policy'],
  ['outbound.GrpcRoute*', 'policy'],
  ['outbound.OpaqueRoute*', 'policy'],
  ['outbound.TlsRoute*', 'policy'],
  ['outbound.OutboundPolicy', 'none'],
  ['outbound.ProxyProtocol*', 'none'],
  ['outbound.Backend*', 'none'],
  ['outbound.Queue', 'none'],
  ['outbound.FailureAccrual*', 'none'],
  ['outbound.EjectionConfig', 'none'],
  ['outbound.ExponentialBackoff', 'none'],
  ['destination.AddrSet', 'none'],
  ['destination.AuthorityOverride', 'none'],
  ['destination.DestinationProfile', 'none'],
  ['destination.Http2ClientParams*', 'none'],
  ['destination.HttpStatusRange', 'none'],
  ['destination.NoEndpoints', 'none'],
  ['destination.PathMatch', 'none'],
  ['destination.ProtocolHint*', 'none'],
  ['destination.RequestMatch*', 'none'],
  ['destination.ResponseClass', 'none'],
  ['destination.ResponseMatch*', 'none'],
  ['destination.RetryBudget', 'none'],
  ['destination.Route', 'none'],
  ['destination.Update', 'none'],
  ['destination.Weighted*', 'none'],
  ['meta.*', 'none'],
];

const groupOf = (typeName: string): Group | undefined => {
  if (!typeName.startsWith('io.linkerd.proxy.')) return 'policy';
  const name = typeName.slice('io.linkerd.proxy.'.length);
  return groups.find(([pattern]) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  )?.[1];
};

const reachable = (...roots: readonly DescMessage[]): readonly DescMessage[] => {
  const found = new Map<string, DescMessage>();
  const walk = (type: DescMessage): void => {
    if (found.has(type.typeName)) return;
    found.set(type.typeName, type);
    for (const { message } of type.fields) if (message !== undefined) walk(message);
  };
  roots.forEach(walk);
  return [...found.values()];
};

const types = reachable(ServerSchema, OutboundPolicySchema, UpdateSchema, DestinationProfileSchema);

/** Field 999, as it stays on a message that was read. */
const addUnknown = (message: Message): void => {
  message.$unknown = [{ no: 999, wireType: WireType.Varint, data: new Uint8Array([1]) }];
};

test.each(types.map((type) => [type.typeName, type] as const))(
  '%s is in a group, and behaves like it',
  (name, type) => {
    const group = groupOf(name);
    expect(group, 'name the type in the table of this test and of ADR 15').toBeDefined();
    const message = create(type);
    expect(() => refuseUnknownFields(message)).not.toThrow();
    addUnknown(message);
    if (group === 'policy') expect(() => refuseUnknownFields(message)).toThrow(`${name} field 999`);
    else expect(() => refuseUnknownFields(message)).not.toThrow();
    expect(hasUnknownField(message)).toBe(group !== 'none');
  },
);

/** Every message within a message, itself first, and whether a filter is around it. */
const messagesIn = (
  value: unknown,
  isInFilter = false,
): readonly (readonly [message: Message, isInFilter: boolean])[] => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const typeName: unknown = Reflect.get(value, '$typeName');
  const isWithin = isInFilter || (typeof typeName === 'string' && typeName.endsWith('.Filter'));
  const parts = Object.values(value).flatMap((part) => messagesIn(part, isWithin));
  return typeof typeName === 'string' ? [[value as Message, isWithin], ...parts] : parts;
};

describe('a field from the future', () => {
  test('makes an inbound policy unusable wherever it may restrict, and only there', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyPolicy, fc.nat(), (policy, pick) => {
        const sent = inboundPolicyToProto(policy);
        const before = inboundPolicyFromProto(sent);
        const messages = messagesIn(sent);
        const [message, isInFilter] = messages[pick % messages.length] ?? [];
        if (message === undefined) return;
        seen.add(message.$typeName);
        addUnknown(message);
        // As it comes from the wire.
        const after = inboundPolicyFromProto(fromBinary(ServerSchema, toBinary(ServerSchema, sent)));
        if (isInFilter === true) {
          expect(after.kind).toBe('ok');
          expect(JSON.stringify(after)).toContain('"kind":"unknown"');
        } else if (groupOf(message.$typeName) === 'none') expect(after).toEqual(before);
        else expect(after).toEqual({ kind: 'invalid', reason: expect.stringContaining(message.$typeName) });
      }),
      { numRuns: 500 },
    );
    for (const name of ['Network', 'Authz', 'Authn', 'HttpRoute.Rule', 'HttpRoute.Filter', 'ProxyProtocol.Detect']) {
      expect([...seen]).toContain(`io.linkerd.proxy.inbound.${name}`);
    }
  });

  test('leaves an endpoint out, should it be part of the identity', () => {
    const endpoint = create(WeightedAddrSchema, {
      addr: { ip: { ip: { case: 'ipv4', value: 1 } }, port: 80 },
      tlsIdentity: { strategy: { case: 'dnsLikeIdentity', value: { name: 'a.b' } } },
    });
    const count = (): number => {
      const update = create(UpdateSchema, { update: { case: 'add', value: { addrs: [endpoint] } } });
      const result = endpointUpdateFromProto(update);
      return result.kind === 'ok' && result.value.kind === 'add' ? result.value.endpoints.length : -1;
    };
    addUnknown(endpoint);
    expect(count()).toBe(1);
    expect(profileFromProto(create(DestinationProfileSchema, { endpoint })).kind).toBe('ok');
    if (endpoint.tlsIdentity !== undefined) addUnknown(endpoint.tlsIdentity);
    expect(count()).toBe(0);
    expect(profileFromProto(create(DestinationProfileSchema, { endpoint })).kind).toBe('invalid');
  });

  test('makes an outbound policy unusable in a route, and a rule in a filter', () => {
    const policy = () =>
      create(OutboundPolicySchema, {
        metadata: { kind: { case: 'default', value: 'test' } },
        protocol: {
          kind: {
            case: 'http1',
            value: {
              routes: [
                {
                  metadata: { kind: { case: 'default', value: 'route' } },
                  rules: [
                    {
                      matches: [{ path: { kind: { case: 'prefix', value: '/' } } }],
                      filters: [{ kind: { case: 'redirect', value: { host: 'a' } } }],
                      backends: { kind: { case: 'empty', value: {} } },
                    },
                  ],
                },
              ],
            },
          },
        },
      });
    const count = messagesIn(policy()).length;
    for (let index = 0; index < count; index += 1) {
      const sent = policy();
      const [message, isInFilter] = messagesIn(sent)[index] ?? [];
      if (message === undefined) continue;
      addUnknown(message);
      const result = outboundPolicyFromProto(sent);
      const isRefused = isInFilter !== true && groupOf(message.$typeName) !== 'none';
      expect(result.kind, message.$typeName).toBe(isRefused ? 'invalid' : 'ok');
      if (isInFilter === true) expect(JSON.stringify(result)).toContain('"kind":"unknown"');
    }
  });
});
