/** From one set of endpoints to the next, as the updates of a `Destination.Get` stream (wire §2.9). */
import { formatIp } from '@heddle/names';
import type { Endpoint, EndpointAddress, EndpointSet, EndpointUpdate } from './outbound-model.ts';

/**
 * The updates that bring a client from `before` to `after`: removals first, then additions; none when nothing differs.
 * Without a `before` there is always an `add`, even of nothing: it tells the client that the service exists (wire §3.7).
 */
export const diffEndpoints = (before: EndpointSet | undefined, after: EndpointSet): readonly EndpointUpdate[] => {
  if (!before) return [{ kind: 'add', labels: after.labels, endpoints: after.endpoints }];
  const known = new Map(before.endpoints.map((endpoint) => [addressKey(endpoint.address), endpoint]));
  const added: Endpoint[] = [];
  for (const endpoint of after.endpoints) {
    const key = addressKey(endpoint.address);
    const old = known.get(key);
    known.delete(key);
    if (!old || !sameEndpoint(old, endpoint)) added.push(endpoint);
  }
  const updates: EndpointUpdate[] = [];
  if (known.size > 0) updates.push({ kind: 'remove', addresses: [...known.values()].map(({ address }) => address) });
  if (added.length > 0) updates.push({ kind: 'add', labels: after.labels, endpoints: added });
  return updates;
};

const addressKey = ({ ip, port }: EndpointAddress): string => `${formatIp(ip)} ${port}`;

/** Endpoints are plain data made in one place, with their fields in one order. */
const sameEndpoint = (a: Endpoint, b: Endpoint): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
