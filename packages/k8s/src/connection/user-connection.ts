/** How a person at a command line reaches their cluster: what kubectl would do with the same files and options. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ClusterConnection, ConnectionError } from './connection.ts';
import { withExecCredential } from './exec-plugin.ts';
import { parseKubeconfigs } from './kubeconfig.ts';

export interface UserConnectionOptions {
  /** Instead of what KUBECONFIG and the home folder name. */
  readonly kubeconfig?: string | undefined;
  /** Instead of the current one. */
  readonly context?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * `--kubeconfig`, else the files of KUBECONFIG, else `~/.kube/config`. Runs the program that hands out credentials, if
 * the file names one. @throws {ConnectionError}
 */
export const userConnection = async (options: UserConnectionOptions): Promise<ClusterConnection> => {
  const files = filesOf(options);
  const read = await Promise.all(files.map(async (file) => ({ file, text: await textOf(file, files.length > 1) })));
  const sources = read.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }]));
  if (sources.length === 0) throw missing(files.join(', '));
  const { connection, exec } = parseKubeconfigs(sources, { context: options.context, mayRunPrograms: true });
  return exec === undefined ? connection : withExecCredential(connection, exec);
};

const filesOf = ({ kubeconfig, environment }: UserConnectionOptions): readonly string[] => {
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
};

/** Of a list, files that are not there are passed over, as by kubectl. */
const textOf = async (file: string, isOneOfSeveral: boolean): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isOneOfSeveral && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw missing(file, cause);
  }
};

const missing = (files: string, cause?: unknown): ConnectionError =>
  new ConnectionError(`kubeconfig ${files} cannot be read; name one with --kubeconfig or KUBECONFIG`, { cause });
