import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type {
  Backend,
  Distribution,
  Endpoint,
  EndpointAddress,
  EndpointUpdate,
  OpaqueFilter,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundPolicy,
  OutboundRef,
  Profile,
  ProfileRoute,
  ProtocolHint,
} from '@heddle/catalog';
import { type IpAddress, ipv4, ipv6 } from '@heddle/names';
import type { HeaderMatch, HostMatch, HttpFilter, HttpMatch, PathMatch, QueryParamMatch } from '@heddle/policy';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DestinationProfileSchema, UpdateSchema } from '../gen/io/linkerd/proxy/destination_pb.ts';
import { OutboundPolicySchema } from '../gen/io/linkerd/proxy/outbound_pb.ts';
import { endpointUpdateFromProto, endpointUpdateToProto, profileFromProto, profileToProto } from './destination.ts';
import { outboundPolicyFromProto, outboundPolicyToProto } from './outbound.ts';

const text = fc.string({ minLength: 1, maxLength: 12 });
const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCodePoint(code)),
  maxLength: 8,
});
const uint32 = fc.nat({ max: 0xffff_ffff });
const port = fc.integer({ min: 1, max: 65_535 });
const ms = fc.nat({ max: 86_400_000 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const list = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(arbitrary, { maxLength: 3 });
const listOfSome = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength: 3 });

const ip: fc.Arbitrary<IpAddress> = fc.oneof(
  uint32.map(ipv4),
  fc.tuple(uint32, uint32, uint32, uint32).map((words) => ipv6(words)),
);
const ref: fc.Arbitrary<OutboundRef> = fc.oneof(
  fc.record({ kind: fc.constant('default' as const), name: text }),
  fc.record({
    kind: fc.constant('resource' as const),
    group: word,
    resource: word,
    namespace: word,
    name: word,
    section: maybe(word),
    port: maybe(port),
  }),
);
const labels = fc.dictionary(word, text, { maxKeys: 3 });
const address: fc.Arbitrary<EndpointAddress> = fc.record({ ip, port });
const hint: fc.Arbitrary<ProtocolHint> = fc.record({
  protocol: maybe(fc.constantFrom('h2' as const, 'opaque' as const)),
  opaqueTransportPort: maybe(fc.integer({ min: 1, max: 65_534 })),
});
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  address,
  weight: uint32,
  labels,
  tls: maybe(
    fc.oneof(
      fc.record({
        identity: fc.record({ kind: fc.constant('dns' as const), name: word }),
        serverName: maybe(word),
      }),
      fc.record({ identity: fc.record({ kind: fc.constant('uri' as const), name: word }), serverName: word }),
    ),
  ),
  hint: maybe(hint),
  keepAlive: maybe(fc.record({ intervalMs: ms, timeoutMs: ms, whileIdle: fc.boolean() })),
  authorityOverride: maybe(text),
});
const path: fc.Arbitrary<PathMatch> = fc.record({ kind: fc.constantFrom('exact', 'prefix', 'regex'), value: text });
const header: fc.Arbitrary<HeaderMatch> = fc.oneof(
  fc.record({ kind: fc.constant('exact' as const), name: word, value: latin1 }),
  fc.record({ kind: fc.constant('regex' as const), name: word, value: text }),
);
const query: fc.Arbitrary<QueryParamMatch> = fc.record({
  kind: fc.constantFrom('exact', 'regex'),
  name: text,
  value: text,
});
const httpMatch: fc.Arbitrary<HttpMatch> = fc.record({
  path: maybe(path),
  headers: list(header),
  queryParams: list(query),
  method: maybe(fc.constantFrom('GET', 'DELETE', 'TRACE', 'PURGE', 'get')),
});
const host: fc.Arbitrary<HostMatch> = fc.oneof(
  fc.record({ kind: fc.constant('exact' as const), host: word }),
  fc.record({ kind: fc.constant('suffix' as const), reverseLabels: list(word) }),
);
const headerValues = list(fc.record({ name: word, value: latin1 }));
const filter: fc.Arbitrary<HttpFilter> = fc.oneof(
  fc.constant({ kind: 'unknown' } as const),
  fc.record({
    kind: fc.constant('failure' as const),
    status: fc.integer({ min: 100, max: 999 }),
    message: fc.string(),
    ratio: maybe(fc.record({ numerator: uint32, denominator: uint32.map((value) => Math.max(1, value)) })),
  }),
  fc.record({ kind: fc.constant('requestHeaders' as const), add: headerValues, set: headerValues, remove: list(word) }),
  fc.record({
    kind: fc.constant('redirect' as const),
    scheme: maybe(fc.constantFrom('http', 'https', 'ws')),
    host: maybe(word),
    path: maybe(fc.record({ kind: fc.constantFrom('full' as const, 'prefix' as const), value: fc.string() })),
    port: maybe(port),
    status: maybe(fc.integer({ min: 300, max: 399 })),
  }),
);
const backend: fc.Arbitrary<Backend> = fc.record({
  ref,
  queue: fc.record({ capacity: uint32, failfastTimeoutMs: ms }),
  target: fc.oneof(
    fc.record({
      kind: fc.constant('balancer' as const),
      path: fc.tuple(word, port).map(([name, number]) => `${name}.svc:${number}`),
      defaultRttMs: ms,
      decayMs: ms,
    }),
    fc.record({ kind: fc.constant('forward' as const), endpoint }),
  ),
});
const distribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.constant({ kind: 'empty' } as const),
  fc.record({ kind: fc.constant('firstAvailable' as const), backends: listOfSome(backend) }),
  fc.record({
    kind: fc.constant('randomAvailable' as const),
    backends: listOfSome(fc.record({ backend, weight: fc.integer({ min: 1, max: 1000 }) })),
  }),
);
const opaqueFilter: fc.Arbitrary<OpaqueFilter> = fc.oneof(
  fc.constant({ kind: 'forbidden' } as const),
  fc.record({ kind: fc.constant('invalid' as const), message: fc.string() }),
);
const opaqueRoute: fc.Arbitrary<OpaqueRoute> = fc.record({ ref, filters: list(opaqueFilter), distribution });
const httpRoute: fc.Arbitrary<OutboundHttpRoute> = fc.record({
  ref,
  hosts: list(host),
  rules: list(fc.record({ matches: list(httpMatch), filters: list(filter), distribution })),
});
const policy: fc.Arbitrary<OutboundPolicy> = fc.record({
  ref,
  protocol: fc.oneof(
    fc.record({
      kind: fc.constant('detect' as const),
      timeoutMs: ms,
      http1Routes: list(httpRoute),
      http2Routes: list(httpRoute),
      opaqueRoute,
    }),
    fc.record({ kind: fc.constantFrom('http1' as const, 'http2' as const), routes: list(httpRoute) }),
    fc.record({ kind: fc.constant('opaque' as const), route: opaqueRoute }),
  ),
});
const update: fc.Arbitrary<EndpointUpdate> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), labels, endpoints: list(endpoint) }),
  fc.record({ kind: fc.constant('remove' as const), addresses: list(address) }),
  fc.record({ kind: fc.constant('noEndpoints' as const), exists: fc.boolean() }),
);
const tree = <Leaf>(leaf: fc.Arbitrary<Leaf>) =>
  fc.letrec((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({
        kind: fc.constantFrom('all', 'any'),
        conditions: fc.array(tie('condition'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not'), condition: tie('condition') }),
    ),
  })).condition;
const status = fc.integer({ min: 100, max: 599 });
const profileRoute = fc.record({
  condition: tree(
    fc.oneof(
      fc.record({ kind: fc.constant('path'), regex: text }),
      fc.record({ kind: fc.constant('method'), method: fc.constantFrom('GET', 'PURGE') }),
    ),
  ),
  responseClasses: list(
    fc.record({
      condition: tree(fc.record({ kind: fc.constant('status'), min: status, max: status })),
      isFailure: fc.boolean(),
    }),
  ),
  labels,
  isRetryable: fc.boolean(),
  timeoutMs: maybe(ms),
}) as fc.Arbitrary<ProfileRoute>;
const profile: fc.Arbitrary<Profile> = fc.record({
  fullyQualifiedName: maybe(word),
  isOpaque: fc.boolean(),
  retryBudget: maybe(
    fc.record({
      ratio: fc.integer({ min: 0, max: 1000 }).map((percent) => percent / 100),
      minRetriesPerSecond: uint32,
      ttlMs: fc.integer({ min: 1000, max: 60_000 }),
    }),
  ),
  endpoint: maybe(endpoint),
  parentRef: maybe(ref),
  profileRef: maybe(ref),
  routes: maybe(listOfSome(profileRoute)),
  overrides: maybe(listOfSome(fc.record({ authority: text, weight: uint32 }))),
});

test('an outbound policy comes back as it was sent', () => {
  fc.assert(
    fc.property(policy, (sent) => {
      const bytes = toBinary(OutboundPolicySchema, outboundPolicyToProto(sent));
      expect(outboundPolicyFromProto(fromBinary(OutboundPolicySchema, bytes))).toEqual({ kind: 'ok', value: sent });
    }),
    { numRuns: 300 },
  );
});

test('an endpoint update comes back as it was sent', () => {
  fc.assert(
    fc.property(update, (sent) => {
      const bytes = toBinary(UpdateSchema, endpointUpdateToProto(sent));
      expect(endpointUpdateFromProto(fromBinary(UpdateSchema, bytes))).toEqual({ kind: 'ok', value: sent });
    }),
    { numRuns: 300 },
  );
});

test('a profile comes back as it was sent', () => {
  fc.assert(
    fc.property(profile, (sent) => {
      const bytes = toBinary(DestinationProfileSchema, profileToProto(sent));
      expect(profileFromProto(fromBinary(DestinationProfileSchema, bytes))).toEqual({ kind: 'ok', value: sent });
    }),
    { numRuns: 300 },
  );
});
