/**
 * What a control plane may ask for and this proxy does not do. Leaving it out in silence would serve traffic under other
 * rules than its owner wrote, so a policy that asks for it is refused, with the reason.
 */
import type { outboundApi } from '@heddle/api';
import type { Profile } from '@heddle/catalog';

/** @returns what is asked for, in words; undefined when all of it is supported */
export const unsupportedInPolicy = ({ protocol }: outboundApi.OutboundPolicy): string | undefined => {
  const kind = protocol?.kind;
  if (kind?.case === 'detect') return unsupportedHttp(kind.value.http1) ?? unsupportedHttp(kind.value.http2);
  if (kind?.case === 'http1' || kind?.case === 'http2') return unsupportedHttp(kind.value);
  return undefined;
};

type HttpProtocol = Pick<outboundApi.ProxyProtocol_Http1, 'routes' | 'failureAccrual'>;

const unsupportedHttp = (http: HttpProtocol | undefined): string | undefined => {
  if (http === undefined) return undefined;
  if (http.failureAccrual !== undefined) return 'failure accrual is not supported';
  for (const rule of http.routes.flatMap(({ rules }) => rules)) {
    if (rule.retry !== undefined) return 'retries are not supported';
    if (isTimed(rule)) return 'route timeouts are not supported';
    if (rule.allowL5dRequestHeaders) return 'l5d request headers are not supported';
    if (usesPenalty(rule)) return 'load balancing with penalties is not supported';
  }
  return undefined;
};

/** Linkerd's control plane sends the message of timeouts with every rule, empty where there are none. */
const isTimed = ({ timeouts, requestTimeout }: outboundApi.HttpRoute_Rule): boolean =>
  requestTimeout !== undefined ||
  [timeouts?.response, timeouts?.request, timeouts?.idle].some((timeout) => timeout !== undefined);

const usesPenalty = ({ backends }: outboundApi.HttpRoute_Rule): boolean => {
  const kind = backends?.kind;
  const all =
    kind?.case === 'firstAvailable'
      ? kind.value.backends
      : kind?.case === 'randomAvailable'
        ? kind.value.backends.map(({ backend }) => backend)
        : [];
  return all.some((each) => {
    const target = each?.backend?.kind;
    return target?.case === 'balancer' && target.value.load.case === 'penaltyPeakEwma';
  });
};

/**
 * What routes of a ServiceProfile ask for and get not: nobody gains by it, so it is said, and the traffic flows. Its split
 * is done, and routes for metrics alone are harmless.
 */
export const leftOutOfProfile = ({ routes = [] }: Profile): string | undefined => {
  const isRetried = routes.some(({ isRetryable }) => isRetryable);
  const isTimed = routes.some(({ timeoutMs }) => timeoutMs !== undefined);
  if (!isRetried && !isTimed) return undefined;
  return `${[...(isRetried ? ['retries'] : []), ...(isTimed ? ['timeouts'] : [])].join(' and ')} of a ServiceProfile are not done`;
};
