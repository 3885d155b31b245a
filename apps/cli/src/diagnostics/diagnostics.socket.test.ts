import {
  destinationApi,
  endpointUpdateToProto,
  GrpcServer,
  inboundApi,
  inboundPolicyToProto,
  outboundApi,
  outboundPolicyToProto,
  profileToProto,
  RpcError,
  serveWith,
} from '@heddle/api';
import { ipv4, orThrow, parseNetwork } from '@heddle/names';
import { defaultPolicy } from '@heddle/policy';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterEach, expect, test } from 'vitest';
import { FakeCluster, livePod } from '../testing/fake-cluster.ts';
import { serveTexts } from '../testing/served.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close();
});

const seen: unknown[] = [];
const ip = ipv4(0x0a_f4_00_07);

/** Destination's APIs with one answer each, in clear from loopback as the real ones. */
const fakeDestination = async (): Promise<number> => {
  const mill = createCertificateMill();
  const server = await GrpcServer.listen({
    name: 'fake destination',
    host: '127.0.0.1',
    port: 0,
    credentials: new CredentialCell(mill.trustAnchors, mill.leaf('linkerd-destination.linkerd')),
    clock: systemClock,
    clientCertificate: 'required',
    cleartextFromLoopback: true,
    reportError: (error) => {
      throw error;
    },
    services: [
      serveWith(destinationApi.Destination, {
        get: async function* ({ path }) {
          if (path.startsWith('lost')) throw new RpcError('not-found', 'there is no Service shop/lost');
          if (path.startsWith('empty')) yield endpointUpdateToProto({ kind: 'noEndpoints', exists: true });
          else {
            yield endpointUpdateToProto({
              kind: 'add',
              labels: { service: 'web', namespace: 'shop' },
              endpoints: [
                {
                  address: { ip, port: 8080 },
                  weight: 10_000,
                  labels: { pod: 'web-1' },
                  tls: { identity: { kind: 'dns', name: 'web.shop' } },
                  hint: { protocol: 'h2' },
                },
                { address: { ip: ipv4(0x0a_f4_00_08), port: 8080 }, weight: 10_000, labels: { pod: 'old-1' } },
              ],
            });
          }
        },
        getProfile: async function* () {
          yield profileToProto({ fullyQualifiedName: 'web.shop.svc.cluster.local', isOpaque: true });
        },
      }),
      serveWith(inboundApi.InboundServerPolicies, {
        getPort: (request) => {
          seen.push([request.workload, request.port]);
          return inboundPolicyToProto(
            defaultPolicy('cluster-authenticated', [orThrow(parseNetwork('10.0.0.0/8'))], { timeoutMs: 10_000 }),
          );
        },
        watchPort: async function* () {},
      }),
      serveWith(outboundApi.OutboundPolicies, {
        get: (request) => {
          seen.push([request.sourceWorkload, request.target.value]);
          return outboundPolicyToProto({
            ref: { kind: 'default', name: 'egress' },
            protocol: {
              kind: 'opaque',
              route: {
                ref: { kind: 'default', name: 'egress' },
                filters: [{ kind: 'forbidden' }],
                distribution: { kind: 'empty' },
              },
            },
          });
        },
        watch: async function* () {},
      }),
    ],
  });
  closing.push(server);
  return server.port;
};

const controlPlanePod = (name: string, component: string) => ({
  ...livePod(name, {
    namespace: 'linkerd',
    isMeshed: false,
    labels: { 'linkerd.io/control-plane-component': component },
    containers: [
      {
        name: component,
        ports: [
          { name: 'grpc', containerPort: 8086 },
          { name: 'admin-http', containerPort: 9996 },
        ],
      },
    ],
  }),
});

const start = async (): Promise<FakeCluster> => {
  const cluster = await FakeCluster.start();
  cluster.putInstall();
  cluster.put(
    controlPlanePod('linkerd-destination-1', 'destination'),
    livePod('web-1', { labels: { 'linkerd.io/proxy-deployment': 'web' } }),
  );
  const port = await fakeDestination();
  for (const api of [8086, 8090]) cluster.server.podPorts.set(`linkerd/linkerd-destination-1:${api}`, port);
  seen.length = 0;
  return cluster;
};

test('endpoints, as a table and as JSON; none is an answer, too', async () => {
  await using cluster = await start();
  const text = await cluster.run('diagnostics', 'endpoints', 'web.shop.svc.cluster.local');
  expect(text).toEqual({
    exitCode: 0,
    error: '',
    out: `NAMESPACE  SERVICE  ADDRESS          POD    IDENTITY      PROTOCOL
─────────  ───────  ───────────────  ─────  ────────────  ────────
shop       web      10.244.0.7:8080  web-1  web.shop      h2
shop       web      10.244.0.8:8080  old-1  (not meshed)
`,
  });
  const json = await cluster.run('diagnostics', 'endpoints', 'web.shop.svc.cluster.local', '-o', 'json');
  expect(JSON.parse(json.out)).toMatchObject([
    { authority: 'web.shop.svc.cluster.local', endpoints: [{ address: '10.244.0.7:8080', identity: 'web.shop' }, {}] },
  ]);
  expect(await cluster.run('diagnostics', 'endpoints', 'empty.shop.svc.cluster.local')).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/^empty.shop.svc.cluster.local has no endpoints: are pods/),
  });
  expect(await cluster.run('diagnostics', 'endpoints', 'lost.shop.svc.cluster.local')).toEqual({
    exitCode: 1,
    out: '',
    error: 'there is no Service shop/lost\n',
  });
});

test('a profile', async () => {
  await using cluster = await start();
  const { exitCode, out } = await cluster.run('diagnostics', 'profile', 'web.shop.svc.cluster.local:80');
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ fullyQualifiedName: 'web.shop.svc.cluster.local', isOpaque: true });
});

test('policy: inbound of a pod, outbound of a Service or an address', async () => {
  await using cluster = await start();
  const inbound = await cluster.run('diagnostics', 'policy', 'deploy/web', '8080', '-n', 'shop');
  expect(inbound).toMatchObject({ exitCode: 0, error: '' });
  expect(JSON.parse(inbound.out)).toMatchObject({ authorizations: [{ networks: [{ net: '10.0.0.0/8' }] }] });
  for (const [target, ...more] of [['svc/web', '--from', 'shop/web-1'], ['10.9.8.7']]) {
    const outbound = await cluster.run('diagnostics', 'policy', target ?? '', '80', '-n', 'shop', ...more);
    expect(outbound.exitCode).toBe(0);
    expect(JSON.parse(outbound.out)).toMatchObject({ protocol: { kind: 'opaque' } });
  }
  expect(seen).toEqual([
    ['{"ns":"shop","pod":"web-1"}', 8080],
    ['{"ns":"shop","pod":"web-1"}', 'web.shop.svc.cluster.local:80'],
    ['{"ns":"linkerd","pod":"linkerd-destination-1"}', '10.9.8.7:80'],
  ]);
});

test('metrics of proxies and of the control plane; who does not answer is named', async () => {
  await using cluster = await start();
  await using admin = await serveTexts({ '/metrics': 'request_total 1\n' });
  cluster.server.podPorts.set('shop/web-1:4191', admin.port);
  cluster.server.podPorts.set('linkerd/linkerd-destination-1:9996', admin.port);
  expect(await cluster.run('diagnostics', 'proxy-metrics', 'po/web-1', '-n', 'shop')).toEqual({
    exitCode: 0,
    error: '',
    out: '# POD shop/web-1 PORT 4191\nrequest_total 1\n\n',
  });
  expect((await cluster.run('diagnostics', 'controller-metrics')).out).toBe(
    '# POD linkerd/linkerd-destination-1 PORT 9996\nrequest_total 1\n\n',
  );
  cluster.server.podPorts.delete('shop/web-1:4191');
  expect(await cluster.run('diagnostics', 'proxy-metrics', 'web-1', '-n', 'shop')).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/^port 4191 of pod shop\/web-1: .*connection refused\n/),
  });
});

test.each([
  [['policy', 'deploy/web', '0'], 64, '0 is no port; write a number from 1 to 65535\n'],
  [['policy', 'svc/web', '80', '--from', 'web'], 1, '--from: "web" is no pod; write <namespace>/<pod>\n'],
  [['proxy-metrics', 'cm/web'], 1, /^cm\/web names nothing that has pods; write <pod>/],
  [['proxy-metrics', 'sts/db', '-n', 'shop'], 1, /^there is no running pod of statefulset db in namespace shop; /],
  [['endpoints', 'a', '-L', 'nowhere'], 1, /^no pod of linkerd-destination runs in namespace nowhere; /],
])('%j', async (args, exitCode, error) => {
  await using cluster = await start();
  const result = await cluster.run('diagnostics', ...args);
  expect(result).toMatchObject({ exitCode, out: '' });
  expect(result.error).toMatch(typeof error === 'string' ? new RegExp(`^${error.replace(/[?.]/g, '\\$&')}$`) : error);
});

test('a control plane that answers no cleartext says which value to set', async () => {
  await using cluster = await start();
  await using refusing = await serveTexts({});
  cluster.server.podPorts.set('linkerd/linkerd-destination-1:8086', refusing.port);
  const result = await cluster.run('diagnostics', 'profile', 'web.shop.svc.cluster.local');
  expect(result).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringContaining('linkerd/linkerd-destination-1:8086 answered'),
  });
});
