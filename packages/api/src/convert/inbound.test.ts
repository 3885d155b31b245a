import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { ipv4 } from '@heddle/names';
import { describe, expect, test } from 'vitest';
import { HttpFailureInjectorSchema } from '../gen/io/linkerd/proxy/http_route_pb.ts';
import { type Authz, type HttpRoute, type Server, ServerSchema } from '../gen/io/linkerd/proxy/inbound_pb.ts';
import { inboundPolicyFromProto, inboundPolicyToProto } from './inbound.ts';

/** A message with one of everything, as Linkerd's policy controller writes it. */
const whole = (): Server =>
  create(ServerSchema, {
    protocol: {
      kind: {
        case: 'detect',
        value: {
          timeout: durationFromMs(10_000),
          httpRoutes: [
            {
              metadata: {
                kind: {
                  case: 'resource',
                  value: { group: 'policy.linkerd.io', kind: 'HTTPRoute', namespace: 'booksapp', name: 'get' },
                },
              },
              hosts: [{ match: { case: 'suffix', value: { reverseLabels: ['com', 'example'] } } }],
              rules: [
                {
                  matches: [
                    {
                      path: { kind: { case: 'prefix', value: '/authors' } },
                      headers: [{ name: 'X-Key', value: { case: 'exact', value: new Uint8Array([0xe9]) } }],
                      queryParams: [{ name: 'q', value: { case: 'regex', value: '.*' } }],
                      method: { type: { case: 'registered', value: 0 } },
                    },
                  ],
                  filters: [{ kind: { case: 'failureInjector', value: { status: 503, message: 'no' } } }],
                },
              ],
              authorizations: [authorized()],
            },
          ],
          httpLocalRateLimit: {
            metadata: { kind: { case: 'default', value: 'limits' } },
            total: { requestsPerSecond: 100 },
            overrides: [{ limit: { requestsPerSecond: 5 }, clients: { identities: [{ name: 'a.b' }] } }],
          },
        },
      },
    },
    serverIps: [{ ip: { case: 'ipv4', value: 0x0a00_0001 } }],
    authorizations: [authorized()],
    labels: { group: 'policy.linkerd.io', kind: 'server', name: 'authors' },
  });

const authorized = () => ({
  networks: [{ net: { ip: { ip: { case: 'ipv4' as const, value: 0 } }, prefixLen: 0 } }],
  authentication: {
    permit: {
      case: 'meshTLS' as const,
      value: {
        clients: { case: 'identities' as const, value: { identities: [{ name: 'a.b' }], suffixes: [{ parts: [] }] } },
      },
    },
  },
  labels: { group: 'policy.linkerd.io', kind: 'authorizationpolicy', name: 'readers' },
});

/** The parts that the cases below break. */
const parts = (server: Server) => {
  const kind = server.protocol?.kind;
  if (kind?.case !== 'detect') throw new Error('the message detects');
  const detect = kind.value;
  const route = detect.httpRoutes[0] as HttpRoute;
  const rule = route.rules[0]!;
  return { server, detect, route, rule, match: rule.matches[0]!, authz: server.authorizations[0] as Authz };
};

test('a message as Linkerd writes it', () => {
  const policy = inboundPolicyFromProto(whole());
  expect(policy).toMatchObject({
    kind: 'ok',
    value: {
      server: { kind: 'resource', group: 'policy.linkerd.io', resource: 'server', name: 'authors', namespace: '' },
      serverIps: [ipv4(0x0a00_0001)],
      authorizations: [
        {
          ref: { kind: 'resource', resource: 'authorizationpolicy', name: 'readers' },
          authentication: { kind: 'identities', identities: ['a.b'], suffixes: [[]] },
        },
      ],
      protocol: {
        kind: 'detect',
        timeoutMs: 10_000,
        routes: [
          {
            ref: { kind: 'resource', resource: 'HTTPRoute', namespace: 'booksapp', name: 'get' },
            hosts: [{ kind: 'suffix', reverseLabels: ['com', 'example'] }],
            rules: [
              {
                matches: [
                  {
                    path: { kind: 'prefix', value: '/authors' },
                    headers: [{ kind: 'exact', name: 'x-key', value: 'é' }],
                    queryParams: [{ kind: 'regex', name: 'q', value: '.*' }],
                    method: 'GET',
                  },
                ],
                filters: [{ kind: 'failure', status: 503, message: 'no' }],
              },
            ],
          },
        ],
        rateLimit: { total: 100, identity: undefined, overrides: [{ requestsPerSecond: 5, identities: ['a.b'] }] },
      },
    },
  });
});

type Break = (of: ReturnType<typeof parts>) => void;

describe('what is required and missing, or out of range, makes the whole policy invalid', () => {
  test.each<[string, Break, RegExp]>([
    ['no protocol', ({ server }) => void delete server.protocol, /protocol is missing/],
    [
      'a protocol of a later version',
      ({ server }) => void (server.protocol!.kind = { case: undefined }),
      /protocol is/,
    ],
    ['no label name', ({ server }) => void (server.labels = {}), /label name/],
    ['no detect timeout', ({ detect }) => void delete detect.timeout, /detect timeout is missing/],
    ['a negative timeout', ({ detect }) => void (detect.timeout = durationFromMs(-1)), /length of time/],
    ['no networks', ({ authz }) => void (authz.networks = []), /authorizations\[0\]: no networks/],
    [
      'a network without an address',
      ({ authz }) => void delete authz.networks[0]!.net,
      /networks\[0\]: network is missing/,
    ],
    ['a network that is too narrow', ({ authz }) => void (authz.networks[0]!.net!.prefixLen = 33), /0 to 32/],
    ['no authentication', ({ authz }) => void delete authz.authentication, /authentication is missing/],
    [
      'an authentication of a later version',
      ({ authz }) => void (authz.authentication!.permit = { case: undefined }),
      /authentication is missing or not known/,
    ],
    [
      'clients of a later version',
      ({ authz }) => {
        const { permit } = authz.authentication!;
        if (permit.case === 'meshTLS') permit.value.clients = { case: undefined };
      },
      /clients are missing or not known/,
    ],
    ['no name for an authorization', ({ authz }) => void (authz.labels = {}), /label name/],
    ['no route metadata', ({ route }) => void delete route.metadata, /http_routes\[0\]: metadata is missing/],
    ['an empty host match', ({ route }) => void (route.hosts[0]!.match = { case: undefined }), /hosts\[0\]/],
    ['an empty path match', ({ match }) => void (match.path!.kind = { case: undefined }), /path is neither/],
    ['an empty header match', ({ match }) => void (match.headers[0]!.value = { case: undefined }), /headers\[0\]/],
    ['an empty query match', ({ match }) => void (match.queryParams[0]!.value = { case: undefined }), /query_params/],
    ['an empty method', ({ match }) => void (match.method!.type = { case: undefined }), /method is missing/],
    [
      'a method of a later version',
      ({ match }) => void Object.assign(match.method!.type, { value: 99 }),
      /not registered/,
    ],
    [
      'an impossible status',
      ({ rule }) => void (rule.filters[0]!.kind = { case: 'failureInjector', value: failure(99) }),
      /99 is not an HTTP status/,
    ],
    [
      'a ratio of nothing',
      ({ rule }) => void (rule.filters[0]!.kind = { case: 'failureInjector', value: failure(500, 0) }),
      /denominator 0/,
    ],
  ])('%s', (_, damage, reason) => {
    const server = whole();
    damage(parts(server));
    const result = inboundPolicyFromProto(fromBinary(ServerSchema, toBinary(ServerSchema, server)));
    expect(result).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/^invalid policy: /) });
    expect(result).toMatchObject({ reason: expect.stringMatching(reason) });
  });
});

const failure = (status: number, denominator = 1) =>
  create(HttpFailureInjectorSchema, { status, ratio: { numerator: 1, denominator } });

test('a filter of a later version refuses its rule only', () => {
  const server = whole();
  parts(server).rule.filters[0]!.kind = { case: undefined };
  expect(inboundPolicyFromProto(server)).toMatchObject({
    kind: 'ok',
    value: { protocol: { routes: [{ rules: [{ filters: [{ kind: 'unknown' }] }] }] } },
  });
});

test.each([
  [{ name: 'default:deny' }, { kind: 'default', name: 'deny' }],
  [
    { group: '', kind: 'default', name: 'all-authenticated' },
    { kind: 'default', name: 'all-authenticated' },
  ],
  [{ name: 'x' }, { kind: 'resource', group: 'policy.linkerd.io', resource: 'server', namespace: '', name: 'x' }],
])('server labels %j', (labels, expected) => {
  const server = whole();
  server.labels = labels;
  expect(inboundPolicyFromProto(server)).toMatchObject({ value: { server: expected } });
});

test('proxies that look at labels find what metadata says', () => {
  const server = inboundPolicyToProto({
    server: { kind: 'default', name: 'deny' },
    protocol: { kind: 'opaque' },
    serverIps: [],
    authorizations: [
      {
        ref: {
          kind: 'resource',
          group: 'policy.linkerd.io',
          resource: 'authorizationpolicy',
          namespace: 'booksapp',
          name: 'readers',
        },
        networks: [{ net: { base: ipv4(0), prefixLength: 0 }, except: [] }],
        authentication: { kind: 'tls' },
      },
    ],
  });
  expect(server.labels).toEqual({ group: '', kind: 'default', name: 'deny' });
  expect(server.authorizations[0]?.labels).toMatchObject({ kind: 'authorizationpolicy', name: 'readers' });
});
