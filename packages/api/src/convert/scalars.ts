/** Durations, addresses and networks. */
import { create } from '@bufbuild/protobuf';
import { type Duration, durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import {
  type IpAddress,
  type IpNetwork,
  ipv4,
  ipv6FromHalves,
  ipv6Halves,
  ipv6NetworkFromHalves,
  networkOf,
} from '@heddle/names';
import {
  type IPAddress,
  IPAddressSchema,
  type IPNetwork,
  IPNetworkSchema,
  type TcpAddress,
  TcpAddressSchema,
} from '../gen/io/linkerd/proxy/net_pb.ts';
import { type Decoded, decoded, refuse, required } from './decoded.ts';

export const durationToProto = (ms: number): Duration => durationFromMs(ms);

export const durationFromProto = (duration: Duration | undefined, name: string): number => {
  const ms = durationMs(required(duration, name));
  return ms >= 0 && Number.isSafeInteger(ms) ? ms : refuse(`${name} is not a length of time`);
};

export const ipToProto = (ip: IpAddress): IPAddress =>
  create(IPAddressSchema, {
    ip: ip.kind === 'v4' ? { case: 'ipv4', value: ip.bits } : { case: 'ipv6', value: ipv6Halves(ip) },
  });

export const ipFromProto = (address: IPAddress | undefined): IpAddress => {
  const { ip } = required(address, 'address');
  if (ip.case === 'ipv4') return ipv4(ip.value);
  if (ip.case === 'ipv6') return ipv6FromHalves(ip.value.first, ip.value.last);
  return refuse('address is neither IPv4 nor IPv6');
};

export const networkToProto = ({ base, prefixLength }: IpNetwork): IPNetwork =>
  create(IPNetworkSchema, { ip: ipToProto(base), prefixLen: prefixLength });

export const networkFromProto = (network: IPNetwork | undefined): IpNetwork => {
  const { ip, prefixLen } = required(network, 'network');
  const address = required(ip, 'address').ip;
  const parsed =
    address.case === 'ipv6'
      ? ipv6NetworkFromHalves(address.value.first, address.value.last, prefixLen)
      : networkOf(ipFromProto(ip), prefixLen);
  return parsed.kind === 'ok' ? parsed.value : refuse(parsed.message);
};

export const socketAddressToProto = (ip: IpAddress, port: number): TcpAddress =>
  create(TcpAddressSchema, { ip: ipToProto(ip), port });

/** A port of 0 is refused: nothing can be reached there. */
export const socketAddressFromProto = (
  address: TcpAddress | undefined,
): { readonly ip: IpAddress; readonly port: number } => {
  const { ip, port } = required(address, 'socket address');
  return { ip: ipFromProto(ip), port: port >= 1 && port <= 65_535 ? port : refuse(`${port} is not a port`) };
};

/** The address that a request names. */
export const decodeSocketAddress = (address: TcpAddress): Decoded<{ readonly ip: IpAddress; readonly port: number }> =>
  decoded('invalid address', () => socketAddressFromProto(address));
