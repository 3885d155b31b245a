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
  /** Nothing is asked before: without a certificate every call would fail, and be tried again only later. */
  readonly whenCertified: Promise<void>;
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
    let isCancelled = false;
    let watch: { close(): void } | undefined;
    void options.whenCertified.then(() => {
      if (!isCancelled) watch = watchPort(options, port, onUpdate);
    });
    return {
      cancel: () => {
        isCancelled = true;
        watch?.close();
      },
    };
  },
});

const watchPort = (
  options: PolicyClientOptions,
  port: number,
  onUpdate: Parameters<InboundPolicySource['watch']>[1],
): { close(): void } => {
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
  return watch;
};
