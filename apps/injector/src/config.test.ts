import { ConfigError } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const least = {
  HEDDLE_INJECTOR_LISTEN: '0.0.0.0:8443',
  HEDDLE_ADMIN_LISTEN: '0.0.0.0:9995',
  HEDDLE_WEBHOOK_TLS_DIR: '/var/run/tls',
  HEDDLE_TRUST_ANCHORS_FILE: '/var/run/anchors/ca-bundle.crt',
  HEDDLE_RESOURCE_DIRS: '/manifests, /derived',
};

test('the least that must be said', () => {
  expect(readConfig(least)).toEqual({
    listen: { host: '0.0.0.0', port: 8443 },
    adminListen: { host: '0.0.0.0', port: 9995 },
    certificateDir: '/var/run/tls',
    valuesFile: undefined,
    trustAnchorsFile: '/var/run/anchors/ca-bundle.crt',
    controlPlaneNamespace: 'linkerd',
    resources: { kind: 'folders', folders: ['/manifests', '/derived'] },
    scrapeNetworks: [],
    logLevel: 'info',
  });
});

test('every mistake is told', () => {
  const read = (): unknown =>
    readConfig({ ...least, HEDDLE_INJECTOR_LISTEN: '', HEDDLE_RESOURCE_DIRS: ',', HEDDLE_SCRAPE_NETWORKS: 'all' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/HEDDLE_INJECTOR_LISTEN is not set.*\n.*RESOURCE_DIRS.*\n.*SCRAPE_NETWORKS/);
});

test('the cluster is known from its API or from folders, never from both', () => {
  const { HEDDLE_RESOURCE_DIRS: _, ...rest } = least;
  expect(readConfig({ ...rest, HEDDLE_KUBERNETES: 'kubeconfig:/config' }).resources).toEqual({
    kind: 'kubernetes',
    access: { kind: 'kubeconfig', file: '/config' },
  });
  expect(() => readConfig(rest)).toThrow('HEDDLE_RESOURCE_DIRS is not set');
  expect(() => readConfig({ ...rest, HEDDLE_KUBERNETES: 'elsewhere' })).toThrow('in-cluster or kubeconfig:FILE');
  expect(() => readConfig({ ...least, HEDDLE_KUBERNETES: 'in-cluster' })).toThrow('one or the other');
});
