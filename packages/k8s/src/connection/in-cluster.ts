/** What every pod is given to reach its API server: two environment variables and a projected folder. */
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterConnection, ConnectionError } from './connection.ts';

const projectedFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where token, ca.crt and namespace are projected. */
  readonly folder?: string;
}

/** @throws {ConnectionError} outside a pod, or in one whose ServiceAccount token is not mounted */
export const inClusterConnection = async ({
  environment,
  folder = projectedFolder,
}: InClusterOptions): Promise<ClusterConnection> => {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) {
    throw new ConnectionError(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is no pod; use a kubeconfig file',
    );
  }
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(`https://${authority}`)) {
    throw new ConnectionError(`KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: ${authority}`);
  }
  const [token, certificateAuthority] = [join(folder, 'token'), join(folder, 'ca.crt')];
  for (const file of [token, certificateAuthority]) await mustBeReadable(file);
  return {
    server: new URL(`https://${authority}`),
    certificateAuthority: { kind: 'file', file: certificateAuthority },
    token: { kind: 'file', file: token },
    namespace: (await readFile(join(folder, 'namespace'), 'utf8').catch(() => 'default')).trim(),
  };
};

const mustBeReadable = async (file: string): Promise<void> => {
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    throw new ConnectionError(
      `${file} cannot be read; the pod needs automountServiceAccountToken and its own ServiceAccount`,
      { cause },
    );
  }
};
