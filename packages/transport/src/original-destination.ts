/**
 * Where a redirected connection was going before it was redirected to us. Two sources: the kernel's connection tracking
 * (in a pod), or a table that says which listener stands for which address (local mode, no redirection at all).
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** An address in text form; an IPv4-mapped IPv6 address is given as IPv4. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

export interface OriginalDestination {
  /** Undefined when it is not known; the connection must then be refused. */
  of(socket: Socket): SocketAddress | undefined;
}

/**
 * Local mode: the address that a connection was accepted on *is* its original destination, unless the table maps it.
 * @param table `ip:port` of a listener → original destination
 */
export const listenerDestinations = (table: ReadonlyMap<string, SocketAddress>): OriginalDestination => ({
  of: (socket) => {
    const { localAddress, localPort } = socket;
    if (localAddress === undefined || localPort === undefined) return undefined;
    const ip = unmappedIp(localAddress);
    return table.get(`${ip}:${localPort}`) ?? { ip, port: localPort };
  },
});

/** The native addon: returns `ip`, `port`, or throws a system error with `code`. */
interface Addon {
  originalDestination(fd: number): SocketAddress;
}

/**
 * SO_ORIGINAL_DST, IPv4 first, then IPv6. Linux only.
 * @param addonPath the compiled addon; the package's `build` script makes it
 * @throws when the addon is missing or does not work on this system, with what to do
 */
export const kernelDestinations = (addonPath: string): OriginalDestination => {
  const addon = loadAddon(addonPath);
  return {
    of: (socket) => {
      const fd = descriptorOf(socket);
      if (fd === undefined) return undefined;
      try {
        const { ip, port } = addon.originalDestination(fd);
        return { ip: unmappedIp(ip), port };
      } catch {
        return undefined;
      }
    },
  };
};

/** `::ffff:10.0.0.1` → `10.0.0.1`; everything else as it is. */
export const unmappedIp = (ip: string): string => (ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip);

const loadAddon = (addonPath: string): Addon => {
  const help = 'redirection needs the native addon: run `pnpm build` on a machine with a C compiler';
  if (!existsSync(addonPath)) throw new Error(`${addonPath} is missing; ${help}`);
  let addon: Partial<Addon>;
  try {
    addon = createRequire(import.meta.url)(addonPath) as Partial<Addon>;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    throw new Error(`cannot load ${addonPath}: ${reason}; ${help}`, { cause });
  }
  const { originalDestination } = addon;
  if (typeof originalDestination !== 'function') throw new Error(`${addonPath} is not our addon; ${help}`);
  // Self-test: a descriptor that cannot exist must be reported as such, by the kernel.
  try {
    originalDestination(-1);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBADF') return { originalDestination };
    throw new Error(`${addonPath} does not work on this system; ${help}`, { cause: error });
  }
  throw new Error(`${addonPath} answers for a descriptor that does not exist; ${help}`);
};

/** The file descriptor of an accepted socket, which Node keeps in its private handle. */
const descriptorOf = (socket: Socket): number | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
};
