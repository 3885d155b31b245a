import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { Backend, Distribution, OutboundPolicy } from '@heddle/catalog';
import { ipv4 } from '@heddle/names';
import { describe, expect, test } from 'vitest';
import { DestinationProfileSchema, UpdateSchema } from '../gen/io/linkerd/proxy/destination_pb.ts';
import type {
  Backend as BackendMessage,
  HttpRoute_Rule,
  OutboundPolicy as Message,
} from '../gen/io/linkerd/proxy/outbound_pb.ts';
import { endpointUpdateFromProto, profileFromProto } from './destination.ts';
import { outboundPolicyFromProto, outboundPolicyToProto } from './outbound.ts';

const ref = { kind: 'resource', group: 'core', resource: 'Service', namespace: 'booksapp', name: 'authors' } as const;
const backend: Backend = {
  ref,
  target: { kind: 'balancer', path: 'authors.booksapp.svc.cluster.local:7001', defaultRttMs: 30, decayMs: 10_000 },
  queue: { capacity: 100, failfastTimeoutMs: 3000 },
};
const distribution: Distribution = { kind: 'firstAvailable', backends: [backend] };
const policyOf = (how: Distribution): OutboundPolicy => ({
  ref,
  protocol: {
    kind: 'detect',
    timeoutMs: 10_000,
    http1Routes: [{ ref, hosts: [], rules: [{ matches: [], filters: [], distribution: how }] }],
    http2Routes: [],
    opaqueRoute: { ref, filters: [], distribution: how },
  },
});

/** The parts that the cases below break. */
const parts = (message: Message) => {
  const kind = message.protocol?.kind;
  if (kind?.case !== 'detect') throw new Error('the message detects');
  const rule = kind.value.http1?.routes[0]?.rules[0] as HttpRoute_Rule;
  const opaque = kind.value.opaque!.routes[0]!;
  const first = rule.backends?.kind;
  const route = first?.case === 'firstAvailable' ? first.value.backends[0] : undefined;
  return { message, detect: kind.value, rule, opaque, route: route!, backend: route?.backend as BackendMessage };
};

type Break = (of: ReturnType<typeof parts>) => void;

describe('what is required and missing makes the policy invalid', () => {
  test.each<[string, Break, RegExp]>([
    ['no metadata', ({ message }) => void delete message.metadata, /metadata is missing/],
    ['no protocol', ({ message }) => void delete message.protocol, /protocol is missing/],
    ['an unknown protocol', ({ message }) => void (message.protocol!.kind = { case: undefined }), /not known/],
    ['no timeout', ({ detect }) => void delete detect.timeout, /timeout is missing/],
    ['no http1', ({ detect }) => void delete detect.http1, /http1 is missing/],
    ['no http2', ({ detect }) => void delete detect.http2, /http2 is missing/],
    ['no opaque', ({ detect }) => void delete detect.opaque, /opaque is missing/],
    ['no opaque route', ({ detect }) => void (detect.opaque!.routes = []), /exactly one route/],
    ['two opaque routes', ({ detect, opaque }) => void detect.opaque!.routes.push(opaque), /exactly one route/],
    ['no opaque rule', ({ opaque }) => void (opaque.rules = []), /exactly one rule/],
    ['no backends', ({ rule }) => void delete rule.backends, /backends is missing/],
    ['an unknown distribution', ({ rule }) => void (rule.backends!.kind = { case: undefined }), /distribution/],
    ['a backend of no kind', ({ backend: one }) => void (one.kind = { case: undefined }), /unknown kind/],
    ['no queue', ({ backend: one }) => void delete one.queue, /queue is missing/],
    ['no failfast timeout', ({ backend: one }) => void delete one.queue!.failfastTimeout, /failfast timeout/],
    ['no backend metadata', ({ backend: one }) => void delete one.metadata, /metadata is missing/],
    ['no discovery', ({ backend: one }) => void delete balancer(one).discovery, /discovery is missing/],
    ['no load', ({ backend: one }) => void (balancer(one).load = { case: undefined }), /load is missing/],
    [
      'a group that is empty',
      ({ message }) => {
        const { kind } = message.metadata!;
        if (kind.case === 'resource') kind.value.group = '';
      },
      /incomplete/,
    ],
  ])('%s', (_, damage, reason) => {
    const message = outboundPolicyToProto(policyOf(distribution));
    damage(parts(message));
    expect(outboundPolicyFromProto(message)).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(reason),
    });
  });
});

const balancer = (message: BackendMessage) => {
  if (message.kind.case !== 'balancer') throw new Error('the backend balances');
  return message.kind.value;
};

test('filters of a backend, which the model cannot hold, refuse the rule', () => {
  const message = outboundPolicyToProto(policyOf(distribution));
  const { route, rule, opaque } = parts(message);
  route.filters.push(
    rule.filters[0] ?? { $typeName: 'io.linkerd.proxy.outbound.HttpRoute.Filter', kind: { case: undefined } },
  );
  const first = opaque.rules[0]?.backends?.kind;
  if (first?.case === 'firstAvailable') {
    first.value.backends[0]?.filters.push({
      $typeName: 'io.linkerd.proxy.outbound.OpaqueRoute.Filter',
      kind: { case: undefined },
    });
  }
  expect(outboundPolicyFromProto(message)).toMatchObject({
    kind: 'ok',
    value: {
      protocol: {
        http1Routes: [{ rules: [{ filters: [{ kind: 'unknown' }] }] }],
        opaqueRoute: { filters: [{ kind: 'invalid' }] },
      },
    },
  });
});

describe('what would crash a reader is never written', () => {
  const to = (path: string): Distribution => ({
    kind: 'firstAvailable',
    backends: [{ ...backend, target: { kind: 'balancer', path, defaultRttMs: 30, decayMs: 10_000 } }],
  });
  test.each([
    '10.0.0.1:80',
    '[::1]:80',
    '::1:80',
    '::1',
    'name',
    'name:',
    ':80',
    'name:0',
    'name:65536',
    'name:http',
    '',
  ])('a balancer over %j', (path) => {
    expect(parts(outboundPolicyToProto(policyOf(to(path)))).backend.kind.case).toBeUndefined();
  });

  test('a forward to port 0', () => {
    const endpoint = { address: { ip: ipv4(0x0a00_0001), port: 0 }, weight: 1, labels: {} };
    const how: Distribution = {
      kind: 'firstAvailable',
      backends: [{ ...backend, target: { kind: 'forward', endpoint } }],
    };
    expect(parts(outboundPolicyToProto(policyOf(how))).backend.kind.case).toBeUndefined();
  });

  test.each<Distribution>([
    { kind: 'randomAvailable', backends: [{ backend, weight: 0 }] },
    { kind: 'randomAvailable', backends: [] },
    { kind: 'firstAvailable', backends: [] },
  ])('%j', (how) => {
    expect(parts(outboundPolicyToProto(policyOf(how))).rule.backends?.kind.case).toBe('empty');
  });
});

describe('an identity that is not understood never becomes plaintext', () => {
  const addr = { ip: { ip: { case: 'ipv4' as const, value: 0x0a00_0001 } }, port: 80 };
  const good = { addr, weight: 1 };
  const strange = [
    ['of a later version', {}],
    ['empty', { strategy: { case: 'dnsLikeIdentity' as const, value: { name: '' } } }],
    ['a URI without a server name', { strategy: { case: 'uriLikeIdentity' as const, value: { uri: 'spiffe://a/b' } } }],
  ] as const;

  test.each(strange)('in an update: %s', (_, tlsIdentity) => {
    const update = create(UpdateSchema, { update: { case: 'add', value: { addrs: [good, { addr, tlsIdentity }] } } });
    const result = endpointUpdateFromProto(update);
    expect(result.kind === 'ok' && result.value.kind === 'add' && result.value.endpoints).toHaveLength(1);
  });

  test.each(strange)('in a profile: %s', (_, tlsIdentity) => {
    const profile = create(DestinationProfileSchema, { endpoint: { addr, tlsIdentity } });
    expect(profileFromProto(profile)).toMatchObject({ kind: 'invalid' });
  });
});

test('an update of a later version is invalid; addresses that make no sense are left out', () => {
  expect(endpointUpdateFromProto(create(UpdateSchema, {}))).toMatchObject({ kind: 'invalid' });
  const update = create(UpdateSchema, {
    update: { case: 'remove', value: { addrs: [{ port: 80 }, { ip: { ip: { case: 'ipv4', value: 1 } }, port: 80 }] } },
  });
  expect(endpointUpdateFromProto(update)).toMatchObject({ value: { addresses: [{ ip: ipv4(1), port: 80 }] } });
});

test('a profile is good without the kind of the resource that it is for', () => {
  const kind = { case: 'resource' as const, value: { group: 'linkerd.io', name: 'web', namespace: 'shop' } };
  const result = profileFromProto(create(DestinationProfileSchema, { profileRef: { kind } }));
  expect(result).toMatchObject({ kind: 'ok', value: { profileRef: undefined } });
});

test.each([
  ['as it should be', 0.2, 10_000, 0.2],
  ['too much', 1001, 10_000, undefined],
  ['too short', 0.2, 999, undefined],
  ['too long', 0.2, 60_001, undefined],
])('a retry budget %s', (_, retryRatio, ttlMs, expected) => {
  const profile = create(DestinationProfileSchema, { retryBudget: { retryRatio, ttl: durationFromMs(ttlMs) } });
  const result = profileFromProto(profile);
  expect(result.kind === 'ok' && result.value.retryBudget?.ratio).toBe(expected);
});
