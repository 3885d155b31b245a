/** How a process is told to reach its cluster: `in-cluster`, or `kubeconfig:FILE`. */
import { type Clock, ConfigError, expected, parsed, type TextParser } from '@heddle/runtime';
import { KubernetesApi } from '../api/kubernetes-api.ts';
import { ConnectionError } from './connection.ts';
import { inClusterConnection } from './in-cluster.ts';
import { kubeconfigConnection } from './kubeconfig.ts';

export type KubernetesAccess =
  | { readonly kind: 'in-cluster' }
  /** Its current context. */
  | { readonly kind: 'kubeconfig'; readonly file: string };

const kubeconfigPrefix = 'kubeconfig:';

export const kubernetesAccess: TextParser<KubernetesAccess> = (text) => {
  if (text === 'in-cluster') return parsed({ kind: 'in-cluster' });
  const file = text.startsWith(kubeconfigPrefix) ? text.slice(kubeconfigPrefix.length) : '';
  return file === '' ? expected('in-cluster or kubeconfig:FILE') : parsed({ kind: 'kubeconfig', file });
};

/**
 * Looks at what is configured; the API server itself is not contacted yet.
 * @param variable names the setting in errors
 * @throws {ConfigError}
 */
export const openKubernetesApi = async (
  access: KubernetesAccess,
  { variable, clock }: { readonly variable: string; readonly clock: Clock },
): Promise<KubernetesApi> => {
  try {
    const connection =
      access.kind === 'in-cluster'
        ? await inClusterConnection({ environment: process.env })
        : await kubeconfigConnection(access.file);
    return new KubernetesApi({ connection, clock });
  } catch (error) {
    if (error instanceof ConnectionError) throw new ConfigError([`${variable}: ${error.message}`]);
    throw error;
  }
};
