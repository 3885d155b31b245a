import { createMessage, outboundApi, outboundPolicyToProto, type RpcCode, RpcError } from '@heddle/api';
import type { OutboundPolicy, OutboundProtocol, ProfileRoute } from '@heddle/catalog';
import { describe, expect, test } from 'vitest';
import { endpoint, meshed, servicePolicy } from '../testing/policies.ts';
import { type Target, targetFrom } from './target.ts';
import { leftOutOfProfile, unsupportedInPolicy } from './unsupported.ts';
import type { PolicyState, ProfileState } from './watches.ts';

const original = endpoint('10.9.9.9:80');
const pod = meshed('10.1.0.3:8080', 'authors.example', 4143);
const policy = servicePolicy('authors.shop.svc.cluster.local:80');

const known = <T>(value: T) => ({
  value: { kind: 'ok', value } as const,
  isLive: true,
  final: undefined,
  lastError: undefined,
});
const away = { isLive: false, final: undefined, lastError: new RpcError('unavailable', 'gone') };
const ended = <T = undefined>(code: RpcCode, value?: T) => {
  const error = new RpcError(code, 'said no');
  return { value, isLive: false, final: error, lastError: error };
};
const invalid = { ...known(policy), value: { kind: 'invalid', reason: 'nonsense' } as const };
const pending = { value: undefined, ...away };

/** What a target comes to: the policy told, the address forwarded to, or why not. */
const outcome = (target: Target): string => {
  if (target.kind !== 'policy') return target.kind === 'refused' ? `refused: ${target.reason}` : target.kind;
  if (target.policy === policy) return target.isOpaque ? 'policy, opaque' : 'policy';
  const { protocol } = target.policy;
  const backend = protocol.kind === 'detect' && protocol.opaqueRoute.distribution;
  if (!backend || backend.kind !== 'firstAvailable') return 'something else';
  const [first] = backend.backends;
  return first?.target.kind === 'forward' && first.target.endpoint === pod ? 'the pod' : 'the original destination';
};

const nothing: ProfileState = known({ isOpaque: false });
const opaque: ProfileState = known({ isOpaque: true });
const ofPod: ProfileState = known({ isOpaque: false, endpoint: pod });

test.each<[string, PolicyState, ProfileState | undefined, string]>([
  ['both wait', pending, pending, 'pending'],
  ['the policy waits', pending, nothing, 'pending'],
  ['the profile waits', known(policy), pending, 'pending'],
  ['both are here', known(policy), nothing, 'policy'],
  ['no profile is asked for', known(policy), undefined, 'policy'],
  ['the profile has an endpoint: the policy counts', known(policy), ofPod, 'policy'],
  ['an opaque profile', known(policy), opaque, 'policy, opaque'],
  ['the profile cannot be had', known(policy), ended('invalid-argument'), 'policy'],
  ['no policy, a pod', ended('not-found'), ofPod, 'the pod'],
  ['no policy service, a pod', ended('unimplemented'), ofPod, 'the pod'],
  ['nobody knows anything', ended('not-found'), nothing, 'the original destination'],
  ['and no profile is asked for', ended('not-found'), undefined, 'the original destination'],
  ['no policy, the profile waits', ended('not-found'), pending, 'pending'],
  ['a refusal', ended('failed-precondition'), nothing, 'refused: no outbound policy: said no'],
  ['a refusal, before the profile', ended('invalid-argument'), pending, 'refused: no outbound policy: said no'],
  ['a policy that makes no sense', invalid, nothing, 'refused: nonsense'],
  ['a profile that makes no sense: its endpoint might be meshed', ended('not-found'), invalid, 'refused: nonsense'],
  ['the control plane went away', { ...known(policy), ...away }, { ...nothing, ...away }, 'policy'],
  ['a policy that was known is not taken back', ended('not-found', known(policy).value), nothing, 'policy'],
])('%s', (_what, ofPolicy, ofProfile, expected) => {
  expect(outcome(targetFrom(ofPolicy, ofProfile, original))).toBe(expected);
});

test('failure accrual and penalties are not done here', () => {
  const message = outboundPolicyToProto(servicePolicy('a.b.svc.cluster.local:80'));
  expect(unsupportedInPolicy(message)).toBeUndefined();
  if (message.protocol?.kind.case !== 'detect') throw new Error('the policy detects');
  const { http2 } = message.protocol.kind.value;
  if (http2 !== undefined) http2.failureAccrual = createMessage(outboundApi.FailureAccrualSchema);
  expect(unsupportedInPolicy(message)).toMatch(/failure accrual/);
  const penalized = outboundPolicyToProto(servicePolicy('a.b.svc.cluster.local:80', 'http2'));
  if (penalized.protocol?.kind.case !== 'http2') throw new Error('the policy is for HTTP/2');
  const distribution = penalized.protocol.kind.value.routes[0]?.rules[0]?.backends?.kind;
  if (distribution?.case !== 'firstAvailable') throw new Error('the first available backend is taken');
  const backend = distribution.value.backends[0]?.backend?.kind;
  if (backend?.case !== 'balancer') throw new Error('the backend is balanced');
  backend.value.load = {
    case: 'penaltyPeakEwma',
    value: createMessage(outboundApi.Backend_BalanceP2c_PenaltyPeakEwmaSchema),
  };
  expect(unsupportedInPolicy(penalized)).toMatch(/penalties/);
});

const anyRoute: ProfileRoute = {
  condition: { kind: 'path', regex: '/.*' },
  responseClasses: [],
  labels: { route: 'a' },
  isRetryable: false,
};

test.each<[string, Partial<ProfileRoute>, string | undefined]>([
  ['for metrics', {}, undefined],
  ['that retry', { isRetryable: true }, 'retries of a ServiceProfile are not done'],
  ['that time out', { timeoutMs: 1000 }, 'timeouts of a ServiceProfile are not done'],
  ['that do both', { isRetryable: true, timeoutMs: 1 }, 'retries and timeouts of a ServiceProfile are not done'],
])('what is left out of profile routes %s is said', (_what, change, expected) => {
  expect(leftOutOfProfile({ isOpaque: false, routes: [{ ...anyRoute, ...change }] })).toBe(expected);
});

describe('the split of a profile', () => {
  const overrides = [
    { authority: 'a.shop.svc.cluster.local:80', weight: 900 },
    { authority: 'b.shop.svc.cluster.local:80', weight: 100 },
    { authority: 'c.shop.svc.cluster.local:80', weight: 0 },
  ];
  const split = (given: OutboundPolicy, weights = overrides): OutboundProtocol => {
    const target = targetFrom(known(given), known({ isOpaque: false, overrides: weights }), original);
    if (target.kind !== 'policy') throw new Error(target.kind);
    return target.policy.protocol;
  };
  const distributionsOf = (protocol: OutboundProtocol) => {
    const routes =
      protocol.kind === 'detect'
        ? [...protocol.http1Routes, ...protocol.http2Routes]
        : 'routes' in protocol
          ? protocol.routes
          : [];
    const opaque =
      protocol.kind === 'detect' ? protocol.opaqueRoute : protocol.kind === 'opaque' ? protocol.route : undefined;
    return [
      ...routes.flatMap(({ rules }) => rules.map(({ distribution }) => distribution)),
      ...(opaque ? [opaque.distribution] : []),
    ].map((distribution) =>
      distribution.kind === 'randomAvailable'
        ? distribution.backends.map(({ backend: { target }, weight }) =>
            target.kind === 'balancer' ? `${target.path} ${weight}` : '',
          )
        : distribution.kind,
    );
  };
  const shares = ['a.shop.svc.cluster.local:80 900', 'b.shop.svc.cluster.local:80 100'];
  const path = 'authors.shop.svc.cluster.local:80';

  test('takes the place of every route', () => {
    expect(distributionsOf(split(policy))).toEqual([shares, shares, shares]);
    expect(distributionsOf(split(servicePolicy(path, 'http1')))).toEqual([shares]);
    expect(distributionsOf(split(servicePolicy(path, 'http2')))).toEqual([shares]);
    expect(distributionsOf(split(servicePolicy(path, 'opaque')))).toEqual([shares]);
  });

  test('of nothing leaves the policy as it is', () => {
    expect(split(policy, [{ authority: 'a:80', weight: 0 }])).toBe(policy.protocol);
  });

  test('opens nothing that the policy refuses', () => {
    const { protocol } = servicePolicy(path, 'opaque');
    if (protocol.kind !== 'opaque') throw new Error('the policy is opaque');
    const forbidden = { ...protocol, route: { ...protocol.route, filters: [{ kind: 'forbidden' } as const] } };
    expect(split({ ...policy, protocol: forbidden })).toBe(forbidden);
    if (policy.protocol.kind !== 'detect') throw new Error('the policy detects');
    const detect = { ...policy.protocol, opaqueRoute: forbidden.route };
    expect(split({ ...policy, protocol: detect })).toBe(detect);
  });
});
