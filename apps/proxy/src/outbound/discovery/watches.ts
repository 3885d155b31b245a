/** What the control plane says about one original destination: its profile and its outbound policy, both watched. */

import type { WatchState } from '@heddle/api';
import {
  createMessage,
  type Decoded,
  destinationApi,
  finalErrors,
  outboundApi,
  outboundPolicyFromProto,
  profileFromProto,
  StreamWatch,
} from '@heddle/api';
import type { OutboundPolicy, Profile } from '@heddle/catalog';
import { type IpAddress, ipv6Halves } from '@heddle/names';
import type { ReadableCell } from '@heddle/runtime';
import type { OutboundDeps } from '../deps.ts';
import { leftOutOfProfile, unsupportedInPolicy } from './unsupported.ts';

export type ProfileState = WatchState<Decoded<Profile>>;
export type PolicyState = WatchState<Decoded<OutboundPolicy>>;

/** A subscription; close it when the value is no longer wanted. */
export interface Watch<T> {
  readonly state: ReadableCell<T>;
  close(): void;
}

export const watchProfile = (path: string, deps: OutboundDeps): Watch<ProfileState> =>
  new StreamWatch({
    client: deps.destinationClient,
    method: destinationApi.Destination.method.getProfile,
    request: createMessage(destinationApi.GetDestinationSchema, { path, contextToken: deps.config.contextToken }),
    fold: (previous: Decoded<Profile> | undefined, message): Decoded<Profile> => {
      const profile = profileFromProto(message);
      const leftOut = leftOutOf(profile);
      if (leftOut !== undefined && leftOut !== leftOutOf(previous)) deps.log.warn({ destination: path }, leftOut);
      return profile;
    },
    isFinal: finalErrors.destination,
    ...common(deps),
  });

const leftOutOf = (profile: Decoded<Profile> | undefined): string | undefined =>
  profile?.kind === 'ok' ? leftOutOfProfile(profile.value) : undefined;

export const watchPolicy = (ip: IpAddress, port: number, deps: OutboundDeps): Watch<PolicyState> =>
  new StreamWatch({
    client: deps.policyClient,
    method: outboundApi.OutboundPolicies.method.watch,
    request: createMessage(outboundApi.TrafficSpecSchema, {
      sourceWorkload: deps.workload,
      target: { case: 'addr', value: { ip: { ip: addressOf(ip) }, port } },
    }),
    fold: (_previous: Decoded<OutboundPolicy> | undefined, message): Decoded<OutboundPolicy> => {
      const reason = unsupportedInPolicy(message);
      return reason === undefined ? outboundPolicyFromProto(message) : { kind: 'invalid', reason };
    },
    isFinal: finalErrors.outboundPolicy,
    ...common(deps),
  });

const common = ({ clock, random, streamLimits }: OutboundDeps) => ({ clock, random, limits: streamLimits });

const addressOf = (ip: IpAddress) =>
  ip.kind === 'v4' ? ({ case: 'ipv4', value: ip.bits } as const) : ({ case: 'ipv6', value: ipv6Halves(ip) } as const);
