/** What is the same for all pods: the install as the injector knows it. */
import type { Settings } from './settings/definitions.ts';

export interface InstallConfig {
  readonly settings: Settings;
  /** Of this product: the version of images that name no other. */
  readonly version: string;
  readonly controlPlaneNamespace: string;
  /** PEM bundle, as every proxy gets it to begin with. */
  readonly trustAnchorsPem: string;
  /** SHA-256 of that text, in hexadecimal: how `check` finds pods that began with an old bundle. */
  readonly trustRootSha256: string;
}

/** Identity names end in the trust domain, which is the cluster's domain unless the install says otherwise. */
export const trustDomainOf = ({ settings }: InstallConfig): string => settings.trustDomain || settings.clusterDomain;

/** The identity of a ServiceAccount of the control plane. */
export const controlPlaneIdentity = (install: InstallConfig, account: string): string =>
  `${account}.${install.controlPlaneNamespace}.serviceaccount.identity.${install.controlPlaneNamespace}.${trustDomainOf(install)}`;
