/** The endpoints of a destination, folded from the updates of its stream (wire §2.9). */
import type { Endpoint, EndpointUpdate } from '@heddle/catalog';
import { formatSocketAddress } from '@heddle/names';

export interface EndpointSet {
  /** By `ip:port`. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Of the set as a whole: `service`, `namespace`. */
  readonly labels: Readonly<Record<string, string>>;
  /** A stream has begun and not told its state yet: what is here is from the one before, and its first `add` replaces it. */
  readonly isStale: boolean;
}

const nothing: EndpointSet = { endpoints: new Map(), labels: {}, isStale: true };

/**
 * @param previous undefined before the very first update
 * @param isFirstOfStream a `remove` that comes first is about a state we never saw
 */
export const applyUpdate = (
  previous: EndpointSet | undefined,
  update: EndpointUpdate,
  isFirstOfStream: boolean,
): EndpointSet => {
  const before = previous ?? nothing;
  const isStale = isFirstOfStream || before.isStale;
  switch (update.kind) {
    case 'add': {
      const endpoints = new Map(isStale ? [] : before.endpoints);
      for (const endpoint of update.endpoints) endpoints.set(keyOfAddress(endpoint), endpoint);
      return { endpoints, labels: update.labels, isStale: false };
    }
    case 'remove': {
      if (isStale) return { ...before, isStale };
      const endpoints = new Map(before.endpoints);
      for (const { ip, port } of update.addresses) endpoints.delete(formatSocketAddress(ip, port));
      return { ...before, endpoints };
    }
    case 'noEndpoints':
      return { endpoints: new Map(), labels: before.labels, isStale: false };
  }
};

const keyOfAddress = ({ address }: Endpoint): string => formatSocketAddress(address.ip, address.port);
