import { expect, test } from 'vitest';
import { objectOf, problemsOf } from '../testing/index.ts';
import { policyObject, serverSpec } from '../testing/manifest.ts';

const server = (spec: Readonly<Record<string, unknown>>, version = 'v1beta3') => policyObject('Server', version, spec);

test.each(['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'])('%s comes to the one internal form', (version) => {
  expect(objectOf(server(serverSpec, version))).toEqual({
    group: 'policy.linkerd.io',
    kind: 'Server',
    metadata: expect.objectContaining({ name: 'web', namespace: 'shop', creationTimestampMs: 0 }),
    spec: {
      workloads: { kind: 'pods', selector: { matchLabels: { app: 'web' }, matchExpressions: [] } },
      port: { kind: 'number', port: 80 },
      proxyProtocol: 'unknown',
      accessPolicy: 'deny',
    },
  });
});

test('all fields of the newest version', () => {
  const spec = {
    externalWorkloadSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
    port: 'http-admin',
    proxyProtocol: 'gRPC',
    accessPolicy: 'audit',
  };
  expect(objectOf(server(spec))).toMatchObject({
    spec: {
      workloads: {
        kind: 'externalWorkloads',
        selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
      },
      port: { kind: 'name', name: 'http-admin' },
      proxyProtocol: 'gRPC',
      accessPolicy: 'audit',
    },
  });
});

const portText = 'is not a port number from 1 to 65535, or the name of a container port';

test.each([
  [
    { podSelector: {} },
    'v1beta3',
    ['spec.port: is required: a port number from 1 to 65535, or the name of a container port'],
  ],
  [{ port: 80 }, 'v1beta3', ['spec: exactly one of podSelector and externalWorkloadSelector is required']],
  [
    { port: 80 },
    'v1beta1',
    ['spec.podSelector: is required: which workloads of the namespace; {} selects all of them'],
  ],
  [
    { ...serverSpec, externalWorkloadSelector: {} },
    'v1beta3',
    ['spec: exactly one of podSelector and externalWorkloadSelector is required'],
  ],
  [
    { ...serverSpec, externalWorkloadSelector: {} },
    'v1beta1',
    ['spec.externalWorkloadSelector: unknown field; the fields here are podSelector, port, proxyProtocol'],
  ],
  [
    { ...serverSpec, podSelector: {} },
    'v1alpha1',
    [
      'spec.podSelector: v1alpha1 takes exactly one of matchLabels and matchExpressions; use v1beta3 for both or neither',
    ],
  ],
  [{ ...serverSpec, port: 0 }, 'v1beta3', [`spec.port: 0 ${portText}`]],
  [{ ...serverSpec, port: 65536 }, 'v1beta3', [`spec.port: 65536 ${portText}`]],
  [{ ...serverSpec, port: 8.5 }, 'v1beta3', [`spec.port: 8.5 ${portText}`]],
  [{ ...serverSpec, port: 'HTTP' }, 'v1beta3', [`spec.port: "HTTP" ${portText}`]],
  [
    { ...serverSpec, port: null },
    'v1beta3',
    [
      'spec.port: is empty; give it a value (a port number from 1 to 65535, or the name of a container port) or remove the field',
    ],
  ],
  [{ ...serverSpec, port: '80' }, 'v1beta3', ['spec.port: "80" is text; write the number without quotes']],
  [
    { ...serverSpec, proxyProtocol: 'HTTP/3' },
    'v1beta3',
    ['spec.proxyProtocol: "HTTP/3" is not a proxy protocol; use one of unknown, HTTP/1, HTTP/2, gRPC, opaque, TLS'],
  ],
  [
    { ...serverSpec, proxyProtocol: 'quic' },
    'v1beta3',
    ['spec.proxyProtocol: "quic" is not a proxy protocol; use one of unknown, HTTP/1, HTTP/2, gRPC, opaque, TLS'],
  ],
  [
    { ...serverSpec, accessPolicy: 'all-authentcated' },
    'v1beta3',
    [
      'spec.accessPolicy: "all-authentcated" is not an access policy; use one of all-unauthenticated, all-authenticated, cluster-unauthenticated, cluster-authenticated, deny, audit',
    ],
  ],
  [
    { ...serverSpec, accessPolicy: 'deny' },
    'v1beta2',
    [
      'spec.accessPolicy: unknown field; the fields here are podSelector, externalWorkloadSelector, port, proxyProtocol',
    ],
  ],
  [
    {
      ...serverSpec,
      podSelector: {
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'b', operator: 'Exists', values: ['x'] },
        ],
      },
    },
    'v1beta3',
    [
      'spec.podSelector.matchExpressions[0].values: In needs at least one value',
      'spec.podSelector.matchExpressions[1].values: Exists takes no values; remove them',
    ],
  ],
  [
    { ...serverSpec, podSelector: { matchLabel: {} } },
    'v1beta3',
    ['spec.podSelector.matchLabel: unknown field; did you mean matchLabels?'],
  ],
  [
    { ...serverSpec, podSelector: { matchLabels: null } },
    'v1beta3',
    ['spec.podSelector.matchLabels: is empty; give it a value (an object) or remove the field'],
  ],
])('%j of %s is refused', (spec, version, expected) => {
  expect(problemsOf(server(spec, version))).toEqual(expected);
});
