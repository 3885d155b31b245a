import type { KubernetesObject } from '@heddle/crds/core';
import { formatIp, orThrow, parseIp } from '@heddle/names';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import type { EndpointsQuery } from './endpoints.ts';
import type { CatalogOptions } from './options.ts';
import type { Endpoint, EndpointSet } from './outbound-model.ts';
import { buildNode, buildPod, buildServer, buildService, buildSlice, testOptions } from './testing/index.ts';

const endpointsOf = (
  objects: readonly KubernetesObject[],
  query: Partial<EndpointsQuery> = {},
  options: Partial<CatalogOptions> = {},
): EndpointSet | undefined => {
  const catalog = createCatalog({ ...testOptions, ...options });
  catalog.reset(objects);
  return catalog.endpoints({ namespace: 'shop', service: 'web', port: 80, ...query });
};

const addressesOf = (set: EndpointSet | undefined): readonly string[] | undefined =>
  set?.endpoints.map(({ address }) => `${formatIp(address.ip)}:${address.port}`);

const base = [buildPod(), buildService(), buildSlice()];
const identity = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const meshed: Endpoint = {
  address: { ip: orThrow(parseIp('10.0.0.1')), port: 8080 },
  weight: 10_000,
  labels: { pod: 'web', serviceaccount: 'web', control_plane_ns: 'linkerd', zone_locality: 'unknown' },
  tls: { identity: { kind: 'dns', name: identity }, serverName: identity },
  hint: { protocol: 'h2', opaqueTransportPort: 4143 },
  keepAlive: { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true },
};
const { tls: _tls, hint: _hint, keepAlive: _keepAlive, ...plain } = meshed;

describe('what is said of an endpoint', () => {
  const annotated = (name: string, value: string) =>
    buildPod({ annotations: { [`config.linkerd.io/${name}`]: value } });
  const controlPlane = (namespace: string) => buildPod({ labels: { 'linkerd.io/control-plane-ns': namespace } });
  const ourLabels = { 'linkerd.io/control-plane-ns': 'linkerd' };
  const opaque = { ...meshed, hint: { protocol: 'opaque', opaqueTransportPort: 4143 } };

  test.each<[string, readonly KubernetesObject[], Endpoint | undefined, Partial<CatalogOptions>?]>([
    ['of a meshed pod: identity and hints', base, meshed],
    [
      'of a pod without a proxy: neither',
      [...base, buildPod({ labels: { app: 'web' } })],
      { ...plain, labels: { pod: 'web', serviceaccount: 'web', zone_locality: 'unknown' } },
    ],
    [
      'of a pod of our control plane, which has no proxy whatever its labels: neither',
      [...base, buildPod({ labels: { ...ourLabels, 'linkerd.io/control-plane-component': 'identity' } })],
      { ...plain, labels: { pod: 'web', serviceaccount: 'web', zone_locality: 'unknown' } },
    ],
    [
      'of a pod of another control plane: hints only',
      [...base, controlPlane('other')],
      {
        ...plain,
        labels: { ...meshed.labels, control_plane_ns: 'other' },
        hint: meshed.hint,
        keepAlive: meshed.keepAlive,
      },
    ],
    ['of a port that bypasses the proxy: neither', [...base, annotated('skip-inbound-ports', '8080')], plain],
    [
      'of an HTTP probe port that bypasses the proxy by its name: neither',
      [...base, annotated('skip-inbound-ports', 'http')],
      plain,
    ],
    ['of an opaque port by annotation', [...base, annotated('opaque-ports', '8080')], opaque as Endpoint],
    ['of an opaque port by Server', [...base, buildServer({ proxyProtocol: 'opaque' })], opaque as Endpoint],
    [
      'of a port that a Server says is HTTP, whatever the annotation',
      [...base, annotated('opaque-ports', '8080'), buildServer({ proxyProtocol: 'HTTP/1' })],
      meshed,
    ],
    [
      'of a proxy on another port',
      [...base, annotated('inbound-port', '5143')],
      { ...meshed, hint: { protocol: 'h2', opaqueTransportPort: 5143 } },
    ],
    [
      'of a proxy whose container declares another port',
      [
        buildPod({
          initContainers: [
            {
              name: 'linkerd-proxy',
              ports: [{ name: 'linkerd-proxy', containerPort: 5143, protocol: 'TCP', hostPort: 0 }],
            },
          ],
        }),
        buildService(),
        buildSlice(),
      ],
      { ...meshed, hint: { protocol: 'h2', opaqueTransportPort: 5143 } },
    ],
    [
      'of a pod on the network of its node, though it says that it is meshed: an identity that nobody there has',
      [buildPod({ hostNetwork: true }), buildService(), buildSlice()],
      meshed,
    ],
    [
      'of a proxy port: no transport header',
      [buildPod(), buildService(), buildSlice({ ports: [{ port: 4191 }] })],
      { ...meshed, address: { ...meshed.address, port: 4191 }, hint: { protocol: 'h2' } },
    ],
    [
      'in transparent mode: no transport header',
      base,
      { ...meshed, hint: { protocol: 'h2' } },
      { outboundTransportMode: 'transparent' },
    ],
    [
      'in transparent mode, of an opaque port: a transport header',
      [...base, annotated('opaque-ports', '8080')],
      opaque as Endpoint,
      { outboundTransportMode: 'transparent' },
    ],
    ['of a pod that is not known yet: nothing, it may have an identity', [buildService(), buildSlice()], undefined],
    [
      'of an address written down without its pod: identity and hints all the same',
      [buildPod(), buildService(), buildSlice({ endpoints: [{ address: '10.0.0.1' }] })],
      meshed,
    ],
    [
      'of something else than a pod: nothing, it may have an identity',
      [buildService(), buildSlice({ endpoints: [{ address: '10.9.9.9', pod: 'vm', kind: 'ExternalWorkload' }] })],
      undefined,
    ],
    [
      'of an address without a pod: the address',
      [buildService(), buildSlice({ endpoints: [{ address: '10.9.9.9' }] })],
      {
        address: { ip: orThrow(parseIp('10.9.9.9')), port: 8080 },
        weight: 10_000,
        labels: { zone_locality: 'unknown' },
      },
    ],
  ])('%s', (_, objects, expected, options) => {
    expect(endpointsOf(objects, {}, options)).toEqual({
      labels: { namespace: 'shop', service: 'web' },
      endpoints: expected ? [expected] : [],
    });
  });

  test('names the owner of a pod: a Deployment through its ReplicaSet, others as they are', () => {
    const owned = (kind: string, name: string): KubernetesObject => {
      const pod = buildPod({ labels: { 'pod-template-hash': 'abc' } });
      const ownerReferences = [{ group: 'apps', kind, name, uid: '', isController: true }];
      return { ...pod, metadata: { ...pod.metadata, ownerReferences } };
    };
    const labels = (object: KubernetesObject) => endpointsOf([...base, object])?.endpoints[0]?.labels;
    expect(labels(owned('ReplicaSet', 'web-abc'))).toMatchObject({ deployment: 'web', pod_template_hash: 'abc' });
    expect(labels(owned('ReplicaSet', 'web'))).toMatchObject({ replicaset: 'web' });
    expect(labels(owned('StatefulSet', 'web'))).toMatchObject({ statefulset: 'web' });
  });
});

describe('which endpoints are given', () => {
  const service = buildService({ ports: [{ port: 80 }, { name: 'metrics', port: 90 }] });
  const ports = [{ port: 8080 }, { name: 'metrics', port: 9090 }];
  const at = (address: string, more: object = {}) => ({ address, ...more });

  test.each<[string, readonly KubernetesObject[], Partial<EndpointsQuery>, readonly string[] | undefined]>([
    ['none of an unknown Service', [], {}, undefined],
    ['none of an ExternalName Service', [buildService({ type: 'ExternalName' })], {}, undefined],
    ['of a port by its name', [buildPod(), service, buildSlice({ ports })], { port: 90 }, ['10.0.0.1:9090']],
    ['an empty set for a port that is not defined', [buildPod(), service, buildSlice({ ports })], { port: 81 }, []],
    [
      'the ready ones',
      [service, buildSlice({ endpoints: [at('10.0.0.2', { isReady: false }), at('10.0.0.1')] })],
      {},
      ['10.0.0.1:8080'],
    ],
    [
      'the ready ones, while there are any, not those that end',
      [service, buildSlice({ endpoints: [at('10.0.0.2', { isEnding: true }), at('10.0.0.1')] })],
      {},
      ['10.0.0.1:8080'],
    ],
    [
      'those that still serve while they end, when nobody is ready',
      [
        service,
        buildSlice({
          endpoints: [
            at('10.0.0.3', { isEnding: true, isReady: false }),
            at('10.0.0.2', { isEnding: true }),
            at('10.0.0.1', { isReady: false }),
          ],
        }),
      ],
      {},
      ['10.0.0.2:8080'],
    ],
    [
      'one whose reference is a node, by its address',
      [service, buildSlice({ endpoints: [at('192.168.0.4', { pod: 'n1', kind: 'Node' })] })],
      {},
      ['192.168.0.4:8080'],
    ],
    [
      'of all slices, in order, each once',
      [
        service,
        buildSlice({ name: 'b', endpoints: [at('10.0.0.3'), at('10.0.0.1')] }),
        buildSlice({ name: 'a', endpoints: [at('10.0.0.2'), at('10.0.0.1')] }),
      ],
      {},
      ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080'],
    ],
    [
      'not of slices of another namespace',
      [service, buildSlice({ namespace: 'evil', endpoints: [at('10.0.0.1')] })],
      {},
      [],
    ],
    [
      'one instance by its host name',
      [
        service,
        buildSlice({ endpoints: [at('10.0.0.1', { hostname: 'web-0' }), at('10.0.0.2', { hostname: 'web-1' })] }),
      ],
      { instance: 'web-1' },
      ['10.0.0.2:8080'],
    ],
    [
      'of the client node only, by internalTrafficPolicy',
      [
        buildService({ internalTrafficPolicy: 'Local' }),
        buildSlice({ endpoints: [at('10.0.0.1', { nodeName: 'n1' }), at('10.0.0.2', { nodeName: 'n2' })] }),
      ],
      { nodeName: 'n2' },
      ['10.0.0.2:8080'],
    ],
    [
      'of no node when the client is nowhere',
      [
        buildService({ internalTrafficPolicy: 'Local' }),
        buildSlice({ endpoints: [at('10.0.0.1', { nodeName: 'n1' })] }),
      ],
      {},
      [],
    ],
  ])('%s', (_, objects, query, addresses) => {
    expect(addressesOf(endpointsOf(objects, query))).toEqual(addresses);
  });

  const near = at('10.0.0.1', { zone: 'a', forZones: ['a'] });
  const far = at('10.0.0.2', { zone: 'b', forZones: ['b'] });
  const unhinted = at('10.0.0.3', { zone: 'b' });

  test.each([
    ['of the client zone by topology hints', [near, far], 'a', ['10.0.0.1:8080']],
    ['of every zone when one endpoint has no hint', [near, unhinted], 'a', ['10.0.0.1:8080', '10.0.0.3:8080']],
    ['of every zone when none is for the client', [near, far], 'c', ['10.0.0.1:8080', '10.0.0.2:8080']],
  ] as const)('%s', (_, endpoints, zone, addresses) => {
    const objects = [buildNode('node', zone), service, buildSlice({ endpoints })];
    expect(addressesOf(endpointsOf(objects, { nodeName: 'node' }))).toEqual(addresses);
  });

  const here = at('10.0.0.1', { forNodes: ['node'], forZones: ['b'] });
  const there = at('10.0.0.2', { forNodes: ['other'], forZones: ['a'] });
  test.each([
    ['of the client node by topology hints, before its zone', [here, there], ['10.0.0.1:8080']],
    ['of the client zone when none is for the node', [there], ['10.0.0.2:8080']],
    [
      'of the client zone when one has no hint for nodes',
      [here, at('10.0.0.3', { forZones: ['a'] })],
      ['10.0.0.3:8080'],
    ],
  ] as const)('%s', (_, endpoints, addresses) => {
    const objects = [buildNode('node', 'a'), service, buildSlice({ endpoints })];
    expect(addressesOf(endpointsOf(objects, { nodeName: 'node' }))).toEqual(addresses);
  });

  test('labelled with how near they are', () => {
    const objects = [buildNode('node', 'a'), service, buildSlice({ endpoints: [near, unhinted] })];
    expect(endpointsOf(objects, { nodeName: 'node' })?.endpoints.map(({ labels }) => labels)).toEqual([
      { zone: 'a', zone_locality: 'local' },
      { zone: 'b', zone_locality: 'remote' },
    ]);
  });

  test.each([
    [['IPv4', 'IPv6'], ['10.0.0.1', 'fd00::1'], ['10.0.0.1:8080']],
    [['IPv6', 'IPv4'], ['10.0.0.1', 'fd00::1'], ['fd00::1:8080']],
    [['IPv6'], ['fd00::1'], ['fd00::1:8080']],
    [['IPv4', 'IPv6'], ['fd00::1'], ['fd00::1:8080']],
  ] as const)('a pod of both families appears once: families %j, slices of %j', (ipFamilies, listed, expected) => {
    const dual = buildPod({ ips: ['10.0.0.1', 'fd00::1'] });
    const slices = listed.map((address) =>
      buildSlice({
        name: address,
        addressType: address.includes(':') ? 'IPv6' : 'IPv4',
        endpoints: [{ address, pod: 'web' }],
      }),
    );
    expect(addressesOf(endpointsOf([dual, buildService({ ipFamilies }), ...slices]))).toEqual(expected);
  });
});
