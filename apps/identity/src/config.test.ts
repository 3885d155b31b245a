import { ConfigError } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const minimal = {
  HEDDLE_IDENTITY_LISTEN: '127.1.0.1:8080',
  HEDDLE_ADMIN_LISTEN: '[::1]:9990',
  HEDDLE_ISSUER_DIR: '/issuer',
  HEDDLE_TRUST_ANCHORS_FILE: '/ca.crt',
  HEDDLE_TOKEN_JWKS_FILE: '/jwks.json',
  HEDDLE_TOKEN_ISSUER: 'https://kubernetes.default.svc',
};

test('what is not set has the defaults of the chart', () => {
  expect(readConfig(minimal)).toEqual({
    listen: { host: '127.1.0.1', port: 8080 },
    adminListen: { host: '::1', port: 9990 },
    domain: { controlPlaneNamespace: 'linkerd', trustDomain: 'cluster.local' },
    issuerDir: '/issuer',
    trustAnchorsFile: '/ca.crt',
    tokens: { jwksFile: '/jwks.json', issuer: 'https://kubernetes.default.svc', audience: 'identity.l5d.io' },
    issuanceLifetimeMs: 86_400_000,
    clockSkewMs: 20_000,
    cleartextFromLoopback: false,
    scrapeNetworks: [],
    logLevel: 'info',
  });
});

test('every mistake is told at once', () => {
  const broken = {
    HEDDLE_IDENTITY_LISTEN: '8080',
    HEDDLE_ADMIN_LISTEN: '127.0.0.1:99999',
    HEDDLE_TRUST_DOMAIN: 'Cluster.Local',
    HEDDLE_CONTROL_PLANE_NAMESPACE: 'a.b',
    HEDDLE_ISSUANCE_LIFETIME: '1s',
    HEDDLE_CLOCK_SKEW: 'a while',
    HEDDLE_CLEARTEXT_FROM_LOOPBACK: 'perhaps',
    HEDDLE_SCRAPE_NETWORKS: '10.0.0.0/8,everyone',
    HEDDLE_LOG_LEVEL: 'loud',
  };
  const errors = ((): readonly string[] => {
    try {
      readConfig(broken);
      return [];
    } catch (error) {
      return error instanceof ConfigError ? error.errors : [];
    }
  })();
  expect(errors.map((error) => error.split(/[ =]/, 1)[0])).toEqual([
    'HEDDLE_IDENTITY_LISTEN',
    'HEDDLE_ADMIN_LISTEN',
    'HEDDLE_CONTROL_PLANE_NAMESPACE',
    'HEDDLE_TRUST_DOMAIN',
    'HEDDLE_ISSUER_DIR',
    'HEDDLE_TRUST_ANCHORS_FILE',
    'HEDDLE_TOKEN_JWKS_FILE',
    'HEDDLE_TOKEN_ISSUER',
    'HEDDLE_ISSUANCE_LIFETIME',
    'HEDDLE_CLOCK_SKEW',
    'HEDDLE_CLEARTEXT_FROM_LOOPBACK',
    'HEDDLE_SCRAPE_NETWORKS',
    'HEDDLE_LOG_LEVEL',
  ]);
});
