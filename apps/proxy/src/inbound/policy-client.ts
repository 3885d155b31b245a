/** The control plane's `WatchPort` as a source of policies: one watch per port, re-opened for ever. */
import {
  createMessage,
  type Decoded,
  type GrpcClient,
  inboundApi,
  inboundPolicyFromProto,
  type RpcError,
  type StreamLimits,
  StreamWatch,
} from '@heddle/api';
import type { InboundPolicy } from '@heddle/policy';
import type { Clock } from '@heddle/runtime';
import type { InboundPolicySource } from './policy-store.ts';

export interface PolicyClientOptions {
  readonly client: GrpcClient;
  /** `LINKERD2_PROXY_POLICY_WORKLOAD`: says which pod asks (wire §3.3). */
  readonly workload: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Absent towards a control plane on loopback (wire §3.4). */
  readonly limits: StreamLimits | undefined;
  readonly onError: (port: number, error: RpcError) => void;
}

export const createPolicyClient = (options: PolicyClientOptions): InboundPolicySource => ({
  watch: (port, onUpdate) => {
    const watch = new StreamWatch({
      ...options,
      method: inboundApi.InboundServerPolicies.method.watchPort,
      request: createMessage(inboundApi.PortSpecSchema, { workload: options.workload, port }),
      fold: (_before: Decoded<InboundPolicy> | undefined, message) => inboundPolicyFromProto(message),
      // Nothing is served before a policy is known, so every answer but a policy is worth another try.
      isFinal: () => false,
    });
    watch.state.subscribe(({ value, isLive, lastError }) => {
      if (lastError !== undefined) options.onError(port, lastError);
      if (isLive && value !== undefined) onUpdate(value.kind === 'ok' ? value.value : { invalid: value.reason });
    });
    return { cancel: () => watch.close() };
  },
});
