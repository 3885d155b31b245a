/** The installs that every assertion about what is rendered goes over. */
import type { RenderOptions } from './render.ts';

const everything = {
  'podMonitor.enabled': true,
  enablePodAntiAffinity: true,
  enablePodDisruptionBudget: true,
  imageRegistry: 'registry.example.com/mirror/',
  linkerdVersion: '9.9.9',
  'imagePullSecrets[0].name': 'registry',
  'identityResources.cpu.request': '100m',
  'destinationResources.memory.limit': '1Gi',
  'proxyInjectorResources.ephemeral-storage.request': '1Mi',
  'podAnnotations.example\\.com/a': 'true',
  'podLabels.example\\.com/b': 'false',
  'commonLabels.example\\.com/c': '1',
  'tolerations[0].operator': 'Exists',
  runtimeClassName: 'gvisor',
  priorityClassName: 'y',
  'scrapeNetworks[0]': '10.0.0.0/8',
  'policyController.probeNetworks[0]': '10.0.0.0/8',
  cleartextFromLoopback: false,
  identityTrustDomain: 'mesh.example.com',
  clusterDomain: 'cluster.example.com',
};

export const installs: readonly (readonly [string, RenderOptions])[] = [
  ['default', {}],
  ['ha', { files: ['values-ha.yaml'] }],
  ['linkerd', { files: ['values-linkerd.yaml'] }],
  ['everything', { values: everything, namespace: 'mesh' }],
];
