/** All categories of checks, in the order in which they are run. */

import { configuration, existence, highAvailability, versions } from './categories/control-plane.ts';
import { dataPlane, opaquePorts } from './categories/data-plane.ts';
import { dataPlaneIdentity, identity, webhookCertificates } from './categories/identity.ts';
import { customResources, gatewayApi, kubernetesApi, kubernetesVersion, preInstall } from './categories/kubernetes.ts';
import type { Category } from './check.ts';

export const categories: readonly Category[] = [
  kubernetesApi,
  kubernetesVersion,
  preInstall,
  customResources,
  gatewayApi,
  existence,
  configuration,
  identity,
  webhookCertificates,
  versions,
  highAvailability,
  dataPlane,
  dataPlaneIdentity,
  opaquePorts,
];
