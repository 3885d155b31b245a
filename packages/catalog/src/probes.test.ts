import type { Container, KubernetesObject, Probe } from '@heddle/crds/core';
import { formatNetwork, orThrow, parseNetwork } from '@heddle/names';
import type { GrpcMatch, GrpcRoute, HttpMatch, HttpRoute } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import type { CatalogOptions } from './options.ts';
import {
  buildGrpcRoute,
  buildHttpRoute,
  buildNode,
  buildPod,
  buildServer,
  meshedLabels,
  testOptions,
} from './testing/index.ts';
import { routesOf } from './testing/policies.ts';

const get = (path: string, more: Partial<NonNullable<Probe['httpGet']>> = {}): Probe => ({
  httpGet: { path, port: 'http', scheme: 'HTTP', host: '', ...more },
});
const grpc = (port = 8080): Probe => ({ grpc: { port } });

const probeRouteOf = (objects: readonly KubernetesObject[], options: Partial<CatalogOptions> = {}) => {
  const catalog = createCatalog({ ...testOptions, probeNetworks: [], ...options });
  catalog.reset(objects);
  const routes = routesOf(catalog.inboundPolicy('shop', 'web', 8080)) as readonly HttpRoute[];
  return routes.find(({ ref }) => ref.kind === 'default' && ref.name === 'probe');
};

/** `GET /a`, or `package.Service/Method`. */
const callsOf = (route: HttpRoute | GrpcRoute | undefined): readonly string[] =>
  (route?.rules ?? []).flatMap(({ matches }: { readonly matches: readonly (HttpMatch | GrpcMatch)[] }) =>
    matches.map((match) =>
      'service' in match ? `${match.service}/${match.method}` : `${match.method} ${match.path?.value}`,
    ),
  );
const networksOf = (route: HttpRoute | undefined): readonly string[] =>
  (route?.authorizations ?? []).flatMap(({ networks }) => networks.map(({ net }) => formatNetwork(net)));

const node = buildNode('n1', 'a', { ips: ['192.168.0.4'], podCidrs: ['10.244.1.0/24'] });
const probed = (container: Partial<Container>) =>
  buildPod({ nodeName: 'n1', containers: [container], hostIps: ['192.168.0.4'] });

describe('what the kubelet asks', () => {
  const grpcPort = [buildServer({ proxyProtocol: 'gRPC' }), node];
  test.each<[string, readonly KubernetesObject[], readonly string[]]>([
    [
      'in probes over HTTP',
      [node, probed({ livenessProbe: get('/a'), startupProbe: get('/b') })],
      ['GET /a', 'GET /b'],
    ],
    [
      'in lifecycle hooks',
      [node, probed({ postStart: get('/up'), preStop: get('down?now') })],
      ['GET /down', 'GET /up'],
    ],
    [
      'of a native sidecar',
      [node, buildPod({ nodeName: 'n1', initContainers: [{ readinessProbe: get('/sidecar') }] })],
      ['GET /sidecar'],
    ],
    ['in gRPC probes', [node, probed({ readinessProbe: grpc() })], ['POST /grpc.health.v1.Health/Check']],
    [
      'in gRPC probes of a gRPC port',
      [...grpcPort, probed({ readinessProbe: grpc() })],
      ['grpc.health.v1.Health/Check'],
    ],
    [
      'in gRPC probes of a gRPC port with routes to other services',
      [
        ...grpcPort,
        probed({ readinessProbe: grpc() }),
        buildGrpcRoute({ matches: [{ method: { kind: 'exact', service: 'a.B', method: '' }, headers: [] }] }),
      ],
      ['grpc.health.v1.Health/Check'],
    ],
    [
      'in gRPC probes of a gRPC port, but that a route decides',
      [...grpcPort, probed({ readinessProbe: grpc() }), buildGrpcRoute()],
      [],
    ],
    [
      'in gRPC probes, but that a route decides',
      [node, probed({ readinessProbe: grpc() }), buildServer(), buildHttpRoute({ matches: [{ method: 'POST' }] })],
      [],
    ],
    [
      'beside routes of other paths',
      [
        node,
        probed({ livenessProbe: get('/a'), readinessProbe: get('/b') }),
        buildServer(),
        buildHttpRoute({ matches: [{ path: { kind: 'exact', value: '/a' } }] }),
      ],
      ['GET /b'],
    ],
    ['of another port', [node, probed({ livenessProbe: get('/a', { port: 9090 }), readinessProbe: grpc(9090) })], []],
    ['of another host', [node, probed({ livenessProbe: get('/a', { host: '127.0.0.1' }) })], []],
    ['over HTTPS, which the proxy cannot read', [node, probed({ livenessProbe: get('/a', { scheme: 'HTTPS' }) })], []],
    ['by connecting, which ends at the proxy', [node, probed({ livenessProbe: {} })], []],
  ])('%s', (_, objects, expected) => {
    expect(callsOf(probeRouteOf(objects))).toEqual(expected);
  });
});

describe('from where the kubelet asks', () => {
  const pod = probed({ readinessProbe: get('/ready') });

  test.each<[string, readonly KubernetesObject[], readonly string[], Partial<CatalogOptions>?]>([
    ['from the addresses of its node', [pod, node], ['10.244.1.1/32', '192.168.0.4/32']],
    ['from where its pod says, while the node is not known', [pod], ['192.168.0.4/32']],
    [
      'not from other nodes',
      [pod, node, buildNode('n2', 'a', { ips: ['192.168.0.5'] })],
      ['10.244.1.1/32', '192.168.0.4/32'],
    ],
    [
      'not from a gateway address that a pod has',
      [pod, node, buildPod({ name: 'other', ip: '10.244.1.1', labels: meshedLabels('other') })],
      ['192.168.0.4/32'],
    ],
    [
      'from the networks that the install names besides',
      [pod, node],
      ['198.51.100.0/24', '10.244.1.1/32', '192.168.0.4/32'],
      { probeNetworks: [orThrow(parseNetwork('198.51.100.0/24'))] },
    ],
    ['from nowhere when nothing is known', [buildPod({ containers: [{ readinessProbe: get('/ready') }] })], []],
  ])('%s', (_, objects, expected, options) => {
    expect(networksOf(probeRouteOf(objects, options))).toEqual(expected);
  });

  test('the node that becomes known later is named as a change of its pods', () => {
    const catalog = createCatalog({ ...testOptions, probeNetworks: [] });
    catalog.reset([pod]);
    expect([...catalog.apply(node).inbound]).toEqual([['shop/web', new Set([8080])]]);
  });
});

test('a gRPC probe that a route decides is warned of', () => {
  const catalog = createCatalog(testOptions);
  const server = buildServer({ proxyProtocol: 'gRPC' });
  catalog.reset([node, server, probed({ readinessProbe: grpc() }), buildGrpcRoute()]);
  expect(catalog.statuses().flatMap(({ conditions }) => conditions)).toContainEqual(
    expect.objectContaining({ type: 'ProbesReachable', isTrue: false, message: expect.stringContaining('call') }),
  );
});
