/** Where a control-plane service is found: SRV records first, then addresses (wire §3.2). */
import { lookup, Resolver } from 'node:dns/promises';

export interface ServiceAddress {
  readonly host: string;
  readonly port: number;
}

/** What is asked of DNS. Each rejects when there is no answer. */
export interface NameLookup {
  srv(name: string): Promise<readonly { readonly name: string; readonly port: number }[]>;
  /** IPv4 and IPv6; the hosts file counts. */
  addresses(name: string): Promise<readonly string[]>;
}

const srvTimeoutMs = 1000;
const resolver = new Resolver({ timeout: srvTimeoutMs, tries: 2 });

export const systemNames: NameLookup = {
  srv: (name) => resolver.resolveSrv(name),
  addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
};

/**
 * The addresses of a service, in any order. SRV records tell the ports of all ports of a Service: where the one that was
 * asked for is among them, only that counts.
 * @param host without a trailing dot
 */
export const resolveService = async (
  names: NameLookup,
  host: string,
  port: number,
): Promise<readonly ServiceAddress[]> => {
  const plain = names.addresses(host).then((addresses) => addresses.map((address) => ({ host: address, port })));
  // Asked for beside, so that a name without SRV records costs one round trip; it may fail where SRV answers.
  plain.catch(() => {});
  const records = await names.srv(host).catch(() => []);
  const asked = records.filter((record) => record.port === port);
  const found = await Promise.all((asked.length > 0 ? asked : records).map((record) => addressesOf(names, record)));
  const fromSrv = found.flat();
  return fromSrv.length > 0 ? fromSrv : plain;
};

/** None for a record whose host is not known: an endpoint that has just gone. */
const addressesOf = async (
  names: NameLookup,
  { name, port }: { readonly name: string; readonly port: number },
): Promise<readonly ServiceAddress[]> => {
  const addresses = await names.addresses(name).catch(() => []);
  return addresses.map((host) => ({ host, port }));
};
