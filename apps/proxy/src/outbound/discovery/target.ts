/**
 * What drives a connection, from what is known about its original destination (wire §3.4, §9.1). Both answers are awaited;
 * what cannot be understood is refused, since guessing could mean plaintext where there should be a mesh.
 */
import type { Endpoint, OutboundPolicy, OutboundProtocol, ProfileOverride } from '@heddle/catalog';
import { splitPolicy } from './split.ts';
import type { PolicyState, ProfileState } from './watches.ts';

export type Target =
  /** Not both answers are here yet. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'policy'; readonly policy: OutboundPolicy; readonly isOpaque: boolean }
  /** Connections must not be made. */
  | { readonly kind: 'refused'; readonly reason: string };

export const pendingTarget: Target = { kind: 'pending' };

/**
 * @param profile undefined when the address is outside the networks that have profiles
 * @param original the destination as an endpoint that nothing is known about
 */
export const targetFrom = (policy: PolicyState, profile: ProfileState | undefined, original: Endpoint): Target => {
  const known = policyAnswer(policy);
  const described = profile === undefined ? noProfile : profileAnswer(profile);
  if (known.kind === 'refused') return known;
  if (described.kind === 'refused') return described;
  if (known.kind === 'pending' || described.kind === 'pending') return pendingTarget;
  const { endpoint, isOpaque, overrides } = described;
  if (known.kind === 'policy') return { kind: 'policy', policy: splitPolicy(known.policy, overrides), isOpaque };
  return { kind: 'policy', policy: forwardPolicy(endpoint ?? original), isOpaque };
};

type PolicyAnswer =
  | Exclude<Target, { kind: 'policy' }>
  | { readonly kind: 'policy'; readonly policy: OutboundPolicy }
  | { readonly kind: 'none' };

const policyAnswer = ({ value, final }: PolicyState): PolicyAnswer => {
  // An answer that was given stays: a later "not found" must not turn what is in use into plaintext.
  if (value?.kind === 'ok') return { kind: 'policy', policy: value.value };
  if (value?.kind === 'invalid') return { kind: 'refused', reason: value.reason };
  if (final === undefined) return { kind: 'pending' };
  const isUnknown = final.code === 'not-found' || final.code === 'unimplemented';
  return isUnknown ? { kind: 'none' } : { kind: 'refused', reason: `no outbound policy: ${final.message}` };
};

type ProfileAnswer =
  | Exclude<Target, { kind: 'policy' }>
  | {
      readonly kind: 'profile';
      readonly endpoint: Endpoint | undefined;
      readonly isOpaque: boolean;
      readonly overrides: readonly ProfileOverride[];
    };

const noProfile: ProfileAnswer = { kind: 'profile', endpoint: undefined, isOpaque: false, overrides: [] };

const profileAnswer = ({ value, final }: ProfileState): ProfileAnswer => {
  if (value?.kind === 'invalid') return { kind: 'refused', reason: value.reason };
  if (value?.kind === 'ok') {
    const { endpoint, isOpaque, overrides = [] } = value.value;
    return { kind: 'profile', endpoint, isOpaque, overrides };
  }
  return final === undefined ? { kind: 'pending' } : noProfile;
};

const detectTimeoutMs = 10_000;

/** One known address, no policy: HTTP is detected, everything goes there. */
const forwardPolicy = (endpoint: Endpoint): OutboundPolicy => {
  const ref = { kind: 'default', name: 'forward' } as const;
  const queue = { capacity: 100, failfastTimeoutMs: 3000 };
  const backend = { ref, target: { kind: 'forward', endpoint }, queue } as const;
  const distribution = { kind: 'firstAvailable', backends: [backend] } as const;
  const routes = [{ ref, hosts: [], rules: [{ matches: [], filters: [], distribution }] }];
  const protocol: OutboundProtocol = {
    kind: 'detect',
    timeoutMs: detectTimeoutMs,
    http1Routes: routes,
    http2Routes: routes,
    opaqueRoute: { ref, filters: [], distribution },
  };
  return { ref, protocol };
};
