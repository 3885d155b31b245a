/** How connections reach the proxy and what they were meant for: by kernel redirection, or by listeners of local mode. */
import { join } from 'node:path';
import { ConfigError, reachableLoopbacks, type SocketAddressText } from '@heddle/runtime';
import {
  kernelDestinations,
  listenerDestinations,
  type OriginalDestination,
  type SocketAddress,
} from '@heddle/transport';
import type { ProxyConfig } from '../config/model.ts';

/** Beside the bundle, where the build puts it. */
const addonPath = join(import.meta.dirname, 'original-destination.node');

const keyOf = ({ host, port }: SocketAddressText): string => `${host}:${port}`;

export const inboundListenAddresses = ({ inbound, redirection }: ProxyConfig): readonly SocketAddressText[] =>
  redirection.kind === 'listeners'
    ? [inbound.listen, ...redirection.inbound.map(({ listen }) => listen)]
    : [inbound.listen];

export const outboundListenAddresses = ({ outbound, redirection }: ProxyConfig): readonly SocketAddressText[] =>
  redirection.kind === 'listeners'
    ? redirection.outbound.map(({ listen }) => listen)
    : reachableLoopbacks(outbound.listen);

const redirected = (): OriginalDestination => {
  try {
    return kernelDestinations(addonPath);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`HEDDLE_PROXY_REDIRECTION is original-dst, but ${reason}`]);
  }
};

/** @throws {ConfigError} when redirection needs the native addon and it cannot be used */
export const inboundDestinations = ({ redirection }: ProxyConfig): OriginalDestination =>
  redirection.kind === 'listeners' ? listenerDestinations(new Map()) : redirected();

/** @throws {ConfigError} when redirection needs the native addon and it cannot be used */
export const outboundDestinations = ({ redirection }: ProxyConfig): OriginalDestination => {
  if (redirection.kind !== 'listeners') return redirected();
  const table = redirection.outbound.map(
    ({ listen, target }) => [keyOf(listen), { ip: target.host, port: target.port }] as const,
  );
  return listenerDestinations(new Map(table));
};

/** Where the application really listens for an original destination. */
export const applicationAddresses = ({ redirection }: ProxyConfig): ((target: SocketAddress) => SocketAddress) => {
  if (redirection.kind !== 'listeners') return (target) => target;
  const byListen = new Map(
    redirection.inbound.map(({ listen, application }) => [
      keyOf(listen),
      { ip: application.host, port: application.port },
    ]),
  );
  return (target) => byListen.get(`${target.ip}:${target.port}`) ?? target;
};

/**
 * Whether a port that a peer names may be the application's: not the proxy's own ports, which would see the proxy itself
 * as their client, and in local mode none but those that it listens on for the application.
 */
export const applicationPorts = (config: ProxyConfig): ((target: SocketAddress) => boolean) => {
  const { redirection, inbound, outbound, admin } = config;
  if (redirection.kind === 'listeners') {
    const listed = new Set(redirection.inbound.map(({ listen }) => keyOf(listen)));
    return ({ ip, port }) => listed.has(`${ip}:${port}`);
  }
  const own = new Set([inbound.listen, admin.listen, ...outbound.listen].map(({ port }) => port));
  return ({ port }) => !own.has(port);
};
