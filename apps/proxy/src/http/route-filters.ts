/** The filters of a route, applied to a request on its way: headers changed, or an answer instead of forwarding. */
import { type Permit, type RequestHeaderModifier, runFilters } from '@heddle/policy';
import type { Exchange } from './exchange.ts';
import type { RequestHead } from './head.ts';
import { type Refusal, refusal, refusalWith } from './refusal.ts';

/** Runs the filters of a match over the request. @returns what it is answered with instead of being forwarded */
export const applyFilters = (permit: Permit, { request }: Exchange, random: () => number): Refusal | undefined => {
  const scheme = request.scheme === 'https' ? 'https' : 'http';
  const outcome = runFilters(permit, request, { scheme, random });
  switch (outcome.kind) {
    case 'pass':
      return outcome.modifiers.every((modifier) => modify(request, modifier)) ? undefined : framingFilter;
    case 'redirect':
      return refusalWith('redirect', { status: outcome.status, location: outcome.location });
    case 'httpFailure':
      return refusalWith('injected', { status: outcome.status, text: outcome.message });
    case 'grpcFailure':
      return refusalWith('injected', { grpc: outcome.code, text: outcome.message });
    case 'invalidRedirect':
      return refusal('unexpected');
  }
};

/** Fields that say where a message ends or how a connection is used: a rule that sets them would forge messages. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const framingFilter = refusalWith('invalid-policy', { text: 'a filter of the route changes how messages are framed' });

/** @returns false when the modifier touches what it must not */
const modify = (request: RequestHead, { add, set, remove }: RequestHeaderModifier): boolean => {
  const { headers } = request;
  for (const { name, value } of add) {
    const field = name.toLowerCase();
    if (framing.has(field) || field === 'host') return false;
    headers.append(field, value);
  }
  for (const { name, value } of set) {
    const field = name.toLowerCase();
    if (framing.has(field)) return false;
    // The host is a field of the head, not a header.
    if (field === 'host') request.authority = value;
    else headers.set(field, value);
  }
  for (const name of remove) headers.delete(name.toLowerCase());
  return true;
};
