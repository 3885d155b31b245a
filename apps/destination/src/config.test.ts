import { ConfigError } from '@heddle/runtime';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const minimal = {
  HEDDLE_DESTINATION_LISTEN: '127.0.0.1:8086',
  HEDDLE_POLICY_LISTEN: '127.0.0.1:8090',
  HEDDLE_ADMIN_LISTEN: '127.0.0.1:9996',
  HEDDLE_RESOURCE_DIRS: 'manifests, derived',
  HEDDLE_IDENTITY_SVC_ADDR: '127.0.0.1:8080',
  HEDDLE_IDENTITY_SVC_NAME: 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local',
  HEDDLE_IDENTITY_LOCAL_NAME: 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local',
  HEDDLE_IDENTITY_TOKEN_FILE: 'token',
  HEDDLE_TRUST_ANCHORS_FILE: 'anchors.pem',
};

const errorsOf = (environment: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.errors;
    throw error;
  }
};

describe('configuration', () => {
  test('of the minimum is closed by default', () => {
    const config = readConfig(minimal);
    expect(config).toMatchObject({
      destinationListen: { host: '127.0.0.1', port: 8086 },
      resources: { kind: 'folders', folders: ['manifests', 'derived'] },
      cleartextFromLoopback: false,
      logLevel: 'info',
      catalog: {
        controlPlaneNamespace: 'linkerd',
        trustDomain: 'cluster.local',
        defaultInboundPolicy: 'all-authenticated',
        outboundTransportMode: 'transport-header',
      },
    });
    expect(config.catalog.clusterNetworks).toHaveLength(5);
    expect(config.catalog.probeNetworks).toEqual([]);
  });

  test('names everything that is missing, at once', () => {
    expect(errorsOf({})).toEqual(Object.keys(minimal).map((name) => `${name} is not set; it must be given`));
  });

  test.each([
    ['HEDDLE_POLICY_LISTEN', 'localhost'],
    ['HEDDLE_RESOURCE_DIRS', ','],
    ['HEDDLE_CLUSTER_NETWORKS', '10.0.0.0/33'],
    ['HEDDLE_DEFAULT_INBOUND_POLICY', 'all-authentcated'],
    ['HEDDLE_DEFAULT_OPAQUE_PORTS', '25,mysql'],
    ['HEDDLE_TRUST_DOMAIN', 'Cluster.local'],
    ['HEDDLE_CONTROL_PLANE_NAMESPACE', 'a.b'],
    ['HEDDLE_OUTBOUND_TRANSPORT_MODE', 'opaque'],
    ['HEDDLE_CLEARTEXT_FROM_LOOPBACK', 'maybe'],
    ['HEDDLE_SCRAPE_NETWORKS', '10.0.0.0/8,everyone'],
    ['HEDDLE_IDENTITY_SVC_NAME', 'not a name'],
  ])('refuses %s=%s', (name, value) => {
    expect(errorsOf({ ...minimal, [name]: value })).toEqual([expect.stringContaining(`${name}=`)]);
  });

  test('a webhook needs a certificate', () => {
    expect(readConfig(minimal).webhook).toBeUndefined();
    expect(errorsOf({ ...minimal, HEDDLE_WEBHOOK_LISTEN: '0.0.0.0:9443' })).toEqual([
      'HEDDLE_WEBHOOK_TLS_DIR is not set; it must be given',
    ]);
  });

  test('takes objects from a cluster or from folders, never from both', () => {
    const { HEDDLE_RESOURCE_DIRS: _, ...rest } = minimal;
    expect(readConfig({ ...rest, HEDDLE_KUBERNETES: 'in-cluster' }).resources).toEqual({
      kind: 'kubernetes',
      access: { kind: 'in-cluster' },
    });
    expect(errorsOf({ ...rest, HEDDLE_KUBERNETES: 'out-of-cluster' })).toEqual([
      'HEDDLE_KUBERNETES="out-of-cluster" is not in-cluster or kubeconfig:FILE',
    ]);
    expect(errorsOf({ ...minimal, HEDDLE_KUBERNETES: 'in-cluster' })).toEqual([
      expect.stringContaining('one or the other'),
    ]);
  });
});
