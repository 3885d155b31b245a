/** What an install was made with: ConfigMap `linkerd-config`, key `values`, and the trust anchors. */
import type { CatalogOptions } from '@heddle/catalog';
import { parsePortList } from '@heddle/catalog';
import { readYamlDocuments } from '@heddle/manifests';
import { type IpNetwork, parseNetwork } from '@heddle/names';
import type { Cluster } from './cluster.ts';
import { CommandFailure } from './failure.ts';
import { at, textAt, textsAt } from './fields.ts';
import { kinds } from './kinds.ts';

export const configName = 'linkerd-config';
export const trustRootsName = 'linkerd-identity-trust-roots';

/** The values as YAML, and read. Undefined when nothing is installed. @throws {CommandFailure} when they are no YAML */
export const installValues = async (
  cluster: Cluster,
): Promise<{ readonly text: string; readonly values: unknown } | undefined> => {
  const config = await cluster.get(kinds.configMap, cluster.linkerdNamespace, configName);
  if (config === undefined) return undefined;
  const text = textAt(config, 'data', 'values');
  const { documents, problems } = readYamlDocuments(text);
  const [problem] = problems;
  if (problem !== undefined) {
    throw new CommandFailure(
      `the values in ConfigMap ${cluster.linkerdNamespace}/${configName} are no YAML (line ${problem.line}: ${problem.message}); install again with heddle upgrade -f`,
    );
  }
  return { text, values: documents[0]?.value };
};

/** As `installValues`. @throws {CommandFailure} when nothing is installed */
export const requireInstall = async (
  cluster: Cluster,
): Promise<{ readonly text: string; readonly values: unknown }> => {
  const install = await installValues(cluster);
  if (install !== undefined) return install;
  throw new CommandFailure(
    `no control plane is installed in namespace ${cluster.linkerdNamespace}: there is no ConfigMap ${configName}; name another with -L, or install one with heddle install`,
  );
};

/** PEM; undefined when there is no such ConfigMap. */
export const trustRoots = async (cluster: Cluster): Promise<string | undefined> => {
  const roots = await cluster.get(kinds.configMap, cluster.linkerdNamespace, trustRootsName);
  return roots === undefined ? undefined : textAt(roots, 'data', 'ca-bundle.crt');
};

export const trustDomainFrom = (values: unknown): string =>
  textAt(values, 'identityTrustDomain') || textAt(values, 'clusterDomain') || 'cluster.local';

/** What a catalog needs of the install. Values that are missing or make no sense are those of an install that sets none. */
export const catalogOptionsFrom = (values: unknown, linkerdNamespace: string): Partial<CatalogOptions> => {
  const clusterNetworks = networksFrom(textAt(values, 'clusterNetworks').split(','));
  const probeNetworks = networksFrom(textsAt(values, 'policyController', 'probeNetworks'));
  const policy = textAt(values, 'proxy', 'defaultInboundPolicy');
  const opaquePorts = textAt(values, 'proxy', 'opaquePorts');
  return {
    controlPlaneNamespace: linkerdNamespace,
    trustDomain: trustDomainFrom(values),
    clusterDomain: textAt(values, 'clusterDomain') || 'cluster.local',
    ...(clusterNetworks.length > 0 && { clusterNetworks }),
    ...(at(values, 'policyController', 'probeNetworks') !== undefined && { probeNetworks }),
    ...(policy !== '' && { defaultInboundPolicy: policy as CatalogOptions['defaultInboundPolicy'] }),
    ...(opaquePorts !== '' && { defaultOpaquePorts: parsePortList(opaquePorts) }),
  };
};

export const networksFrom = (texts: readonly string[]): readonly IpNetwork[] =>
  texts.flatMap((text) => {
    const network = parseNetwork(text.trim());
    return network.kind === 'ok' ? [network.value] : [];
  });
