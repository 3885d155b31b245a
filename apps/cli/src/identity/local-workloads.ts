/** The workloads of a local mesh, as its `state.json` lists them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LocalWorkload {
  readonly name: string;
  readonly namespace: string;
  readonly identity: string;
  readonly address: string;
  readonly inboundPort: number;
}

export interface LocalWorkloads {
  readonly workloads: readonly LocalWorkload[];
  readonly trustAnchorsFile: string;
}

/** Reads `DIR/state.json`, or says why there is nothing to read. */
export const readLocalWorkloads = async (stateDir: string): Promise<LocalWorkloads | { readonly reason: string }> => {
  const file = join(stateDir, 'state.json');
  let state: unknown;
  try {
    state = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      reason: isMissing
        ? `no local mesh in ${stateDir}; start one with heddle local up, or name an address, or pods of a cluster (-n <namespace>)`
        : `${file} cannot be read`,
    };
  }
  if (!isState(state)) return { reason: `${file} is not of this version of heddle; start the local mesh again` };
  return state;
};

const isState = (value: unknown): value is LocalWorkloads =>
  isRecord(value) &&
  typeof value['trustAnchorsFile'] === 'string' &&
  Array.isArray(value['workloads']) &&
  value['workloads'].every(
    (workload: unknown) =>
      isRecord(workload) &&
      ['name', 'namespace', 'identity', 'address'].every((field) => typeof workload[field] === 'string') &&
      typeof workload['inboundPort'] === 'number',
  );

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
