/**
 * The addresses of a local mesh: one /16 of the loopback range for each mesh that runs on the machine, in it one
 * address for each process. Held by a listener, so two meshes on one machine never meet.
 *
 *     127.N.0.1    identity             127.N.0.10 …   workloads
 *     127.N.0.2    destination          127.N.1.1  …   cluster addresses of the Services (known to the mesh only)
 *     127.N.0.254  the supervisor: readiness probes come from here
 */
import { createServer, type Server } from 'node:net';

export interface AddressBlock {
  /** Every address of this mesh, CIDR. */
  readonly network: string;
  readonly identity: string;
  readonly destination: string;
  readonly supervisor: string;
  workload(index: number): string;
  service(index: number): string;
  release(): Promise<void>;
}

const lockPort = 4999;
const firstBlock = 71;
const lastBlock = 200;

/** Takes the first block that no other mesh holds. Throws when all are taken. */
export const takeAddressBlock = async (): Promise<AddressBlock> => {
  for (let block = firstBlock; block <= lastBlock; block += 1) {
    const prefix = `127.${block}`;
    const lock = await tryListen(`${prefix}.0.254`, lockPort);
    if (lock === undefined) continue;
    return {
      network: `${prefix}.0.0/16`,
      identity: `${prefix}.0.1`,
      destination: `${prefix}.0.2`,
      supervisor: `${prefix}.0.254`,
      workload: (index) => nth(prefix, 0, index + 10),
      service: (index) => nth(prefix, 1, index + 1),
      release: () => new Promise((resolve) => lock.close(() => resolve())),
    };
  }
  throw new Error(
    `no free block of loopback addresses: ${lastBlock - firstBlock + 1} local meshes are running, or port ${lockPort} is taken on 127.${firstBlock}–${lastBlock}.0.254`,
  );
};

const nth = (prefix: string, third: number, last: number): string => {
  if (last > 250) throw new Error('a local mesh may have 240 workloads and 250 services at most');
  return `${prefix}.${third}.${last}`;
};

const tryListen = (host: string, port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
