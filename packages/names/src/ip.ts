/**
 * IP addresses as numbers: an IPv4 address is one uint32, an IPv6 address four. No bigint, so that comparing and masking
 * stay a few machine instructions. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) *is* the
 * IPv4 address: every way of making an address normalises it, so that no rule about IPv4 can be sidestepped by spelling.
 */
import { type NameError, nameError, type Parsed, parsed } from './parsed.ts';

export type IpAddress = Ipv4Address | Ipv6Address;

export interface Ipv4Address {
  readonly kind: 'v4';
  /** The address as an unsigned number: 1.2.3.4 is 0x01020304. */
  readonly bits: number;
}

export interface Ipv6Address {
  readonly kind: 'v6';
  /** Four unsigned 32-bit words, most significant first. */
  readonly words: Ipv6Words;
}

export type Ipv6Words = readonly [number, number, number, number];

/** An IPv4 address from its number (any integer; the low 32 bits count). */
export const ipv4 = (bits: number): Ipv4Address => ({ kind: 'v4', bits: bits >>> 0 });

/** An IPv6 address from four 32-bit words; an IPv4-mapped one becomes IPv4. */
export const ipv6 = (words: Ipv6Words): IpAddress => {
  const [a, b, c, d] = words;
  if (a === 0 && b === 0 && c >>> 0 === 0xffff) return ipv4(d);
  return { kind: 'v6', words: [a >>> 0, b >>> 0, c >>> 0, d >>> 0] };
};

/** An IPv6 address from its upper and lower 64 bits, as protobuf's fixed64 carries it (wire section 2.2). */
export const ipv6FromHalves = (first: bigint, last: bigint): IpAddress =>
  ipv6([
    Number((first >> 32n) & 0xffff_ffffn),
    Number(first & 0xffff_ffffn),
    Number((last >> 32n) & 0xffff_ffffn),
    Number(last & 0xffff_ffffn),
  ]);

/** The upper and lower 64 bits of an IPv6 address. */
export const ipv6Halves = ({
  words: [a, b, c, d],
}: Ipv6Address): { readonly first: bigint; readonly last: bigint } => ({
  first: (BigInt(a) << 32n) | BigInt(b),
  last: (BigInt(c) << 32n) | BigInt(d),
});

/**
 * Parses dotted IPv4 (four decimal parts, no leading zeros) or IPv6 (RFC 4291 section 2.2, any legal spelling). Zone
 * identifiers (`fe80::1%eth0`) are refused: a policy cannot mean one.
 */
export const parseIp = (text: string): Parsed<IpAddress> => {
  if (text.includes(':')) {
    const words = parseIpv6Words(text);
    return words === undefined ? notAnAddress(text) : parsed(ipv6(words));
  }
  const bits = parseIpv4Bits(text);
  return bits === undefined ? notAnAddress(text) : parsed(ipv4(bits));
};

const notAnAddress = (text: string): NameError =>
  nameError('address', text, 'is not an IP address; write it like 10.0.0.1 or fd00::1');

const ipv4Part = /^(?:0|[1-9][0-9]{0,2})$/;

const parseIpv4Bits = (text: string): number | undefined => {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  let bits = 0;
  for (const part of parts) {
    const value = ipv4Part.test(part) ? Number(part) : 256;
    if (value > 255) return undefined;
    bits = bits * 256 + value;
  }
  return bits;
};

const longestIpv6 = '0000:0000:0000:0000:0000:0000:255.255.255.255'.length;

const parseIpv6Words = (text: string): Ipv6Words | undefined => {
  if (text.length > longestIpv6) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const headGroups = parseGroups(head, tail === undefined);
  const tailGroups = parseGroups(tail ?? '', true);
  if (headGroups === undefined || tailGroups === undefined) return undefined;
  const missing = 8 - headGroups.length - tailGroups.length;
  // `::` stands for at least one group of zeros.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...headGroups, ...Array<number>(missing).fill(0), ...tailGroups];
  const word = (index: number): number => (groups[index * 2] ?? 0) * 0x1_0000 + (groups[index * 2 + 1] ?? 0);
  return [word(0), word(1), word(2), word(3)];
};

const ipv6Group = /^[0-9a-fA-F]{1,4}$/;

/** The 16-bit groups of one side of `::`; the last may be dotted IPv4, which counts as two. */
const parseGroups = (text: string, mayEndInIpv4: boolean): number[] | undefined => {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const bits = parseIpv4Bits(part);
      if (bits === undefined) return undefined;
      groups.push(bits >>> 16, bits & 0xffff);
    } else if (ipv6Group.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
};

/** The canonical text: dotted decimal, or RFC 5952 for IPv6. */
export const formatIp = (ip: IpAddress): string => {
  if (ip.kind === 'v4') return [24, 16, 8, 0].map((shift) => (ip.bits >>> shift) & 0xff).join('.');
  const groups = ip.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
};

const longestZeroRun = (groups: readonly number[]): { readonly start: number; readonly length: number } => {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
};

export const sameIp = (a: IpAddress, b: IpAddress): boolean => compareIps(a, b) === 0;

/** Orders addresses: IPv4 before IPv6, then by value. */
export const compareIps = (a: IpAddress, b: IpAddress): number => {
  if (a.kind === 'v4') return b.kind === 'v4' ? a.bits - b.bits : -1;
  if (b.kind === 'v4') return 1;
  for (const [index, word] of a.words.entries()) {
    const difference = word - (b.words[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Whether the address is the machine talking to itself: 127.0.0.0/8 or ::1. */
export const isLoopback = (ip: IpAddress): boolean =>
  ip.kind === 'v4' ? ip.bits >>> 24 === 127 : ip.words[3] === 1 && (ip.words[0] | ip.words[1] | ip.words[2]) === 0;
