import { ConfigError } from '@heddle/runtime';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const minimal = {
  HEDDLE_IDENTITY_LISTEN: '127.1.0.1:8080',
  HEDDLE_ADMIN_LISTEN: '[::1]:9990',
  HEDDLE_ISSUER_DIR: '/issuer',
  HEDDLE_TRUST_ANCHORS_FILE: '/ca.crt',
  HEDDLE_TOKEN_JWKS_FILE: '/jwks.json',
  HEDDLE_TOKEN_ISSUER: 'https://kubernetes.default.svc',
};

const errorsOf = (environment: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.errors : [];
  }
};

test('what is not set has the defaults of the chart', () => {
  expect(readConfig(minimal)).toEqual({
    listen: { host: '127.1.0.1', port: 8080 },
    adminListen: { host: '::1', port: 9990 },
    domain: { controlPlaneNamespace: 'linkerd', trustDomain: 'cluster.local' },
    issuerDir: '/issuer',
    trustAnchorsFile: '/ca.crt',
    tokens: {
      kind: 'keys',
      jwksFile: '/jwks.json',
      issuer: 'https://kubernetes.default.svc',
      audience: 'identity.l5d.io',
    },
    issuanceLifetimeMs: 86_400_000,
    clockSkewMs: 20_000,
    cleartextFromLoopback: false,
    scrapeNetworks: [],
    logLevel: 'info',
  });
});

test("a lifetime may be written as Linkerd's chart writes it", () => {
  expect(readConfig({ ...minimal, HEDDLE_ISSUANCE_LIFETIME: '48h0m0s' }).issuanceLifetimeMs).toBe(172_800_000);
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
  const errors = errorsOf(broken);
  expect(errors.map((error) => error.split(/[ =]/, 1)[0])).toEqual([
    'HEDDLE_IDENTITY_LISTEN',
    'HEDDLE_ADMIN_LISTEN',
    'HEDDLE_CONTROL_PLANE_NAMESPACE',
    'HEDDLE_TRUST_DOMAIN',
    'HEDDLE_ISSUER_DIR',
    'HEDDLE_TRUST_ANCHORS_FILE',
    'neither',
    'HEDDLE_ISSUANCE_LIFETIME',
    'HEDDLE_CLOCK_SKEW',
    'HEDDLE_CLEARTEXT_FROM_LOOPBACK',
    'HEDDLE_SCRAPE_NETWORKS',
    'HEDDLE_LOG_LEVEL',
  ]);
});

describe('tokens are verified', () => {
  const { HEDDLE_TOKEN_JWKS_FILE: file, HEDDLE_TOKEN_ISSUER: issuer, ...neither } = minimal;
  const kubernetes = { HEDDLE_KUBERNETES: 'in-cluster' };
  const keys = { HEDDLE_TOKEN_JWKS_FILE: file };

  test('by the cluster', () => {
    expect(readConfig({ ...neither, ...kubernetes }).tokens).toEqual({
      kind: 'kubernetes',
      access: { kind: 'in-cluster' },
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['nobody', {}, 'neither HEDDLE_KUBERNETES nor HEDDLE_TOKEN_JWKS_FILE is set; one of them must verify tokens'],
    [
      'both',
      { ...kubernetes, ...keys, HEDDLE_TOKEN_ISSUER: issuer },
      'HEDDLE_KUBERNETES and HEDDLE_TOKEN_JWKS_FILE are both set; one or the other verifies tokens',
    ],
    ['keys of no issuer', keys, 'HEDDLE_TOKEN_ISSUER is not set'],
    [
      'a cluster elsewhere',
      { HEDDLE_KUBERNETES: 'elsewhere' },
      'HEDDLE_KUBERNETES="elsewhere" is not in-cluster or kubeconfig:FILE',
    ],
    [
      'the cluster, with an audience',
      { ...kubernetes, HEDDLE_TOKEN_AUDIENCE: 'vault' },
      'HEDDLE_TOKEN_AUDIENCE is set, which goes with HEDDLE_TOKEN_JWKS_FILE and not with HEDDLE_KUBERNETES',
    ],
  ])('and not by %s', (_, more, error) => {
    expect(errorsOf({ ...neither, ...more })).toEqual([expect.stringContaining(error)]);
  });
});
