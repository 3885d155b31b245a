/**
 * The addresses of a mesh in namespaces. They exist inside its own namespaces only, so they never meet the machine's or
 * another mesh's.
 *
 *     10.71.0.1    identity        10.71.0.253  somebody outside the mesh
 *     10.71.0.2    destination     10.71.0.254  the supervisor: readiness probes; the workloads' default route
 *     10.71.0.10 … workloads       10.71.1.1 …  Services, known to the mesh only
 */
import type { AddressBlock } from '../addresses.ts';

const prefix = '10.71';

export const outsiderAddress = `${prefix}.0.253`;

const nth = (third: number, first: number, index: number): string => {
  if (index >= 240) throw new Error('a local mesh may have 240 workloads and 240 services at most');
  return `${prefix}.${third}.${first + index}`;
};

export const namespaceAddresses: AddressBlock = {
  network: `${prefix}.0.0/16`,
  identity: `${prefix}.0.1`,
  destination: `${prefix}.0.2`,
  supervisor: `${prefix}.0.254`,
  workload: (index) => nth(0, 10, index),
  service: (index) => nth(1, 1, index),
  release: async () => {},
};
