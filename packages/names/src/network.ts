/**
 * IP networks in CIDR notation. Host bits are cleared when a network is made (`10.1.2.3/8` is `10.0.0.0/8`), so equal
 * networks are equal values. A bare address is a network of one.
 */
import { compareIps, formatIp, type IpAddress, type Ipv6Words, ipv4, ipv6, ipv6FromHalves, parseIp } from './ip.ts';
import { nameError, type Parsed, parsed } from './parsed.ts';

export interface IpNetwork {
  /** The first address: host bits are zero. */
  readonly base: IpAddress;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly prefixLength: number;
}

const widthOf = (ip: IpAddress): number => (ip.kind === 'v4' ? 32 : 128);

/** The network of `prefixLength` leading bits around an address. A length beyond the address's width is an error. */
export const networkOf = (ip: IpAddress, prefixLength: number): Parsed<IpNetwork> => {
  const width = widthOf(ip);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > width) {
    return nameError(
      'network',
      `${formatIp(ip)}/${prefixLength}`,
      `is not a network: its prefix length is 0 to ${width}`,
    );
  }
  return parsed({ base: masked(ip, prefixLength), prefixLength });
};

/** The network of one address. */
export const networkOfOne = (ip: IpAddress): IpNetwork => ({ base: ip, prefixLength: widthOf(ip) });

/** The `number`th address of a network, 1 being by custom its gateway; undefined where the network is too small. */
export const hostOf = ({ base, prefixLength }: IpNetwork, number: number): IpAddress | undefined => {
  const bits = widthOf(base) - prefixLength;
  // The last address of an IPv4 network is its broadcast address.
  if (number < 1 || (bits < 32 && number >= 2 ** bits - 1)) return undefined;
  if (base.kind === 'v4') return ipv4(base.bits + number);
  const [a, b, c, d] = base.words;
  return ipv6([a, b, c, d + number]);
};

/** Every IPv4 address and every IPv6 address. */
export const allNetworks: readonly [IpNetwork, IpNetwork] = [
  { base: ipv4(0), prefixLength: 0 },
  { base: { kind: 'v6', words: [0, 0, 0, 0] }, prefixLength: 0 },
];

const prefixText = /^(?:0|[1-9][0-9]{0,2})$/;

/**
 * Parses `10.0.0.0/8`, `fd00::/8` or a bare address. `::ffff:10.0.0.0/104` is `10.0.0.0/8`; an IPv6 network that is
 * wider than the whole IPv4-mapped range (`::/0`) holds IPv6 addresses only.
 */
export const parseNetwork = (text: string): Parsed<IpNetwork> => {
  const slash = text.indexOf('/');
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (ip.kind === 'error') return nameError('network', text, 'is not a network; write it like 10.0.0.0/8 or fd00::/8');
  if (slash < 0) return parsed(networkOfOne(ip.value));
  const lengthText = text.slice(slash + 1);
  const isIpv6Text = text.includes(':');
  const width = isIpv6Text ? 128 : 32;
  const length = prefixText.test(lengthText) ? Number(lengthText) : width + 1;
  if (length > width) {
    return nameError('network', text, `is not a network: the part after "/" is a number from 0 to ${width}`);
  }
  return isIpv6Text ? networkWrittenInIpv6(ip.value, length) : networkOf(ip.value, length);
};

/** An IPv6 network from protobuf's two fixed64 (wire section 2.2); an IPv4-mapped one becomes IPv4. */
export const ipv6NetworkFromHalves = (first: bigint, last: bigint, prefixLength: number): Parsed<IpNetwork> =>
  networkWrittenInIpv6(ipv6FromHalves(first, last), prefixLength);

/** An address that was written as IPv6, possibly IPv4-mapped, with a length counted in 128 bits. */
const networkWrittenInIpv6 = (ip: IpAddress, prefixLength: number): Parsed<IpNetwork> => {
  if (ip.kind === 'v6') return networkOf(ip, prefixLength);
  if (prefixLength >= 96) return networkOf(ip, prefixLength - 96);
  return networkOf({ kind: 'v6', words: [0, 0, 0xffff, ip.bits] }, prefixLength);
};

/** The bits of word `index` that a prefix covers. */
const maskOfWord = (prefixLength: number, index: number): number => {
  const covered = prefixLength - index * 32;
  if (covered >= 32) return 0xffff_ffff;
  return covered <= 0 ? 0 : (0xffff_ffff << (32 - covered)) >>> 0;
};

const masked = (ip: IpAddress, prefixLength: number): IpAddress => {
  if (ip.kind === 'v4') return ipv4(ip.bits & maskOfWord(prefixLength, 0));
  const [a, b, c, d] = ip.words;
  const words: Ipv6Words = [
    (a & maskOfWord(prefixLength, 0)) >>> 0,
    (b & maskOfWord(prefixLength, 1)) >>> 0,
    (c & maskOfWord(prefixLength, 2)) >>> 0,
    (d & maskOfWord(prefixLength, 3)) >>> 0,
  ];
  return { kind: 'v6', words };
};

export const networkContains = (network: IpNetwork, ip: IpAddress): boolean => {
  const { base, prefixLength } = network;
  if (base.kind === 'v4') {
    return ip.kind === 'v4' && ((base.bits ^ ip.bits) & maskOfWord(prefixLength, 0)) === 0;
  }
  if (ip.kind === 'v4') return false;
  const [a, b, c, d] = base.words;
  const [w, x, y, z] = ip.words;
  return (
    ((a ^ w) & maskOfWord(prefixLength, 0)) === 0 &&
    ((b ^ x) & maskOfWord(prefixLength, 1)) === 0 &&
    ((c ^ y) & maskOfWord(prefixLength, 2)) === 0 &&
    ((d ^ z) & maskOfWord(prefixLength, 3)) === 0
  );
};

/** Whether every address of `inner` is in `outer`. */
export const networkCovers = (outer: IpNetwork, inner: IpNetwork): boolean =>
  inner.prefixLength >= outer.prefixLength && networkContains(outer, inner.base);

export const sameNetwork = (a: IpNetwork, b: IpNetwork): boolean =>
  a.prefixLength === b.prefixLength && compareIps(a.base, b.base) === 0;

export const formatNetwork = (network: IpNetwork): string => `${formatIp(network.base)}/${network.prefixLength}`;
