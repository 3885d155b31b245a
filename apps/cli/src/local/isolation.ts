/** How the workloads of a local mesh are kept apart: each has an address of its own, or a network of its own. */
import { type AddressBlock, takeAddressBlock } from './addresses.ts';
import type { PlannedWorkload } from './plan.ts';

export type IsolationKind = 'loopback' | 'netns';

type Command = readonly [string, ...string[]];

/** What a workload's proxy reads and writes: its ServiceAccount token, and the folder of its key. */
export interface ProxyFiles {
  readonly tokenFile: string;
  readonly identityDir: string;
}

export interface Isolation {
  readonly kind: IsolationKind;
  /** Name of the network namespace that the mesh's processes run in; of the workload, if one is given. */
  namespaceOf(workload?: PlannedWorkload): string | undefined;
  takeAddresses(): Promise<AddressBlock>;
  /** Makes what the workload runs in. Called once, before its first process. */
  prepare(workload: PlannedWorkload): Promise<void>;
  /** Gives the files to the user that the proxy runs as; where they are from then on. */
  handOver(workload: PlannedWorkload, files: ProxyFiles): Promise<ProxyFiles>;
  /** The command as it is run for the workload's proxy. */
  asProxy(workload: PlannedWorkload, command: Command): Command;
  /** The command as it is run for the workload itself. */
  asApplication(workload: PlannedWorkload, command: Command): Command;
  /** Where somebody outside the mesh calls from. */
  outsider(block: AddressBlock): string;
}

/** Addresses only: every process is the user's own, on the machine's loopback interface. */
export const loopbackIsolation: Isolation = {
  kind: 'loopback',
  namespaceOf: () => undefined,
  takeAddresses: takeAddressBlock,
  prepare: async () => {},
  handOver: async (_, files) => files,
  asProxy: (_, command) => command,
  asApplication: (_, command) => command,
  outsider: () => '127.0.0.1',
};
