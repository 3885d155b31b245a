/** The filters of a route, applied to a request on its way: headers changed, or an answer instead of forwarding. */
import { type FilterOutcome, type Permit, runFilters } from '@heddle/policy';
import type { Exchange } from './exchange.ts';
import { type Refusal, refusal, refusalWith } from './refusal.ts';

/** Runs the filters of a match over the request. @returns what it is answered with instead of being forwarded */
export const applyFilters = (permit: Permit, { request }: Exchange, random: () => number): Refusal | undefined => {
  const scheme = request.scheme === 'https' ? 'https' : 'http';
  const outcome: FilterOutcome = runFilters(permit, request, { scheme, random });
  switch (outcome.kind) {
    case 'pass':
      for (const { add, set, remove } of outcome.modifiers) {
        for (const { name, value } of add) request.headers.append(name.toLowerCase(), value);
        for (const { name, value } of set) request.headers.set(name.toLowerCase(), value);
        for (const name of remove) request.headers.delete(name.toLowerCase());
      }
      return undefined;
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
