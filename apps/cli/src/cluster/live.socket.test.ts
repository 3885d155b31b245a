import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { createCertificateMill } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { booksapp, goldenFile, runCommand } from '../testing/command.ts';
import { FakeCluster, livePod } from '../testing/fake-cluster.ts';
import { serve, serveTexts } from '../testing/served.ts';

/** The booksapp example as a cluster would have it: its policies, and pods in place of its Deployments. */
const startBooksapp = async (trustRootsPem = ''): Promise<FakeCluster> => {
  const cluster = await FakeCluster.start();
  cluster.putInstall(
    'clusterDomain: cluster.local\nproxy:\n  defaultInboundPolicy: all-authenticated\n',
    trustRootsPem,
  );
  const folder = join(booksapp, 'k8s');
  for (const name of await readdir(folder)) cluster.putYaml(await readFile(join(folder, name), 'utf8'));
  for (const [name, port] of [
    ['authors', 7001],
    ['traffic', undefined],
  ] as const) {
    cluster.put(
      livePod(`${name}-1`, {
        namespace: 'booksapp',
        labels: { app: name, 'linkerd.io/proxy-deployment': name },
        containers: [{ name: 'service', ports: port === undefined ? [] : [{ name: 'http', containerPort: port }] }],
        spec: { serviceAccountName: name },
      }),
    );
  }
  return cluster;
};

test.each([
  ['booksapp/books', 'GET', '/authors.json', 0],
  ['booksapp/traffic', 'GET', '/authors.json', 1],
  ['booksapp/books', 'POST', '/authors.json', 1],
  ['none', 'GET', '/authors.json', 1],
])('a live cluster is explained as its manifests are: %s %s %s', async (from, method, path, exitCode) => {
  await using cluster = await startBooksapp();
  const request = ['--from', from, '--method', method, '--path', path];
  const offline = await runCommand('policy', 'explain', booksapp, '--to', 'booksapp/authors:7001', ...request);
  const live = await cluster.run('policy', 'explain', '--pod', 'authors-1:7001', '-n', 'booksapp', ...request);
  expect(live).toMatchObject({ exitCode, error: '' });
  expect(offline.exitCode).toBe(exitCode);
  expect(live.out.split('\n')[0]).toBe(offline.out.split('\n')[0]);
  expect(decision(live.out)).toBe(decision(offline.out));
  const byService = await cluster.run('policy', 'explain', '--to', 'authors.booksapp:7001', ...request);
  expect(byService.exitCode).toBe(exitCode);
});

const decision = (text: string): string => /decided {2}(.*)/.exec(text)?.[1] ?? '';

test('a policy that cannot be read is named, and has no effect', async () => {
  await using cluster = await startBooksapp();
  cluster.put({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'open', namespace: 'booksapp' },
    spec: { targetRef: { kind: 'Server' } },
  });
  const result = await cluster.run('policy', 'explain', '--pod', 'booksapp/authors-1', '--from', 'none');
  expect(result.exitCode).toBe(1);
  expect(result.error).toMatch(/^not read, and without effect: AuthorizationPolicy booksapp\/open: spec.targetRef/);
});

test.each([
  [['--from', 'none'], 64, 'name the target: either --to'],
  [['--from', 'none', '--to', 'a/b', '--pod', 'c'], 64, 'name the target: either --to'],
  [['--from', 'none', '--pod', 'nobody'], 1, '--to: there is no workload or Service default/nobody; the workloads are'],
])('explain %j', async (args, exitCode, error) => {
  await using cluster = await startBooksapp();
  expect(await cluster.run('policy', 'explain', ...args)).toMatchObject({
    exitCode,
    out: '',
    error: expect.stringContaining(error),
  });
});

test('authz: every grant on a workload', async () => {
  await using cluster = await startBooksapp();
  const { exitCode, out } = await cluster.run('authz', 'deploy/authors', '-n', 'booksapp');
  expect(exitCode).toBe(0);
  await expect(out).toMatchFileSnapshot(goldenFile('authz'));
  const json = await cluster.run('authz', 'po/authors-1', '-n', 'booksapp', '-o', 'json');
  expect(JSON.parse(json.out)).toContainEqual(expect.objectContaining({ port: 7001, pod: 'booksapp/authors-1' }));
  expect(await cluster.run('authz', 'deploy/traffic', '-n', 'booksapp')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('no container declares a TCP port'),
  });
});

test('identity: pods show their certificates on the admin port', async () => {
  const mill = createCertificateMill();
  await using cluster = await startBooksapp(mill.trustAnchorsPem);
  const identity = 'authors.booksapp.serviceaccount.identity.linkerd.cluster.local';
  const { chainPem, keyPem } = mill.leaf(identity);
  await using proxy = await serve(createTlsServer({ cert: chainPem, key: keyPem, minVersion: 'TLSv1.3' }));
  cluster.server.podPorts.set('booksapp/authors-1:4191', proxy.port);
  const shown = await cluster.run('identity', 'deploy/authors', '-n', 'booksapp');
  expect(shown).toMatchObject({ exitCode: 0, error: '' });
  expect(shown.out).toMatch(new RegExp(`^${identity} {2}\\(pod booksapp/authors-1\\)\n {2}verified\n`));
  const all = await cluster.run('identity', '-n', 'booksapp');
  expect(all.exitCode).toBe(1);
  expect(all.out).toMatch(/\(pod booksapp\/traffic-1\)\n {2}NOT VERIFIED: .*connection refused/);
});

test('check asks the proxies, too', async () => {
  await using cluster = await startBooksapp();
  await using admin = await serveTexts({
    '/metrics':
      'tcp_open_total{direction="outbound",peer="dst",tls="no_identity",dst_service="db",dst_namespace="old"} 3\n',
  });
  cluster.server.podPorts.set('booksapp/authors-1:4191', admin.port);
  const { exitCode, out } = await cluster.run('check', '--proxy', '-n', 'booksapp', '--wait', '0s', '-o', 'short');
  expect(exitCode).toBe(1);
  expect(out).toContain('booksapp/authors-1 -> db.old: 3 connections\n');
  expect(out).toContain('booksapp/traffic-1 did not tell: ');
  expect(out).toMatch(/× the issuer can be read\n {4}there is no Secret linkerd-identity-issuer/);
});

test('check asks for Servers where the kubelet probes over HTTPS', async () => {
  await using cluster = await startBooksapp();
  const https = (port: number) => ({ httpGet: { scheme: 'HTTPS', port } });
  const pod = livePod('reviews-1', {
    namespace: 'booksapp',
    labels: { app: 'reviews' },
    containers: [{ name: 'service', livenessProbe: https(8443), readinessProbe: https(9443) }],
  });
  const status = { ...(pod['status'] as object), hostIP: '192.168.0.4' };
  cluster.put({ ...pod, status });
  cluster.putYaml(`
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: { namespace: booksapp, name: reviews }
spec: { podSelector: { matchLabels: { app: reviews } }, port: 8443, proxyProtocol: TLS }
`);
  const { out } = await cluster.run('check', '--proxy', '-n', 'booksapp', '--wait', '0s', '-o', 'short');
  expect(out).toContain('booksapp/reviews-1: container service, port 9443: readinessProbe over HTTPS');
  expect(out).not.toContain('port 8443');
});

test('check before an install', async () => {
  await using cluster = await FakeCluster.start();
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  cluster.server.documents.set(reviews, { status: { allowed: true } });
  expect(await cluster.run('check', '--pre')).toMatchObject({ exitCode: 0, error: '' });
  cluster.server.documents.set(reviews, { status: { allowed: false } });
  const { exitCode, out } = await cluster.run('check', '--pre', '-o', 'json');
  expect(exitCode).toBe(1);
  expect(out).toContain('you may not create clusterroles');
});

test('versions', async () => {
  await using cluster = await FakeCluster.start();
  expect((await cluster.run('version')).out).toBe(
    'Client version: 0.0.0-source\nControl plane version: none in namespace linkerd\n',
  );
  cluster.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'linkerd-identity',
      namespace: 'linkerd',
      labels: { 'linkerd.io/control-plane-component': 'identity', 'app.kubernetes.io/version': '1.2.3' },
    },
  });
  expect((await cluster.run('version', '--short')).out).toBe('0.0.0-source\n1.2.3\n');
  expect((await runCommand('version', '--client')).out).toBe('Client version: 0.0.0-source\n');
  expect((await runCommand('version', '--kubeconfig', '/nowhere')).out).toMatch(
    /^Client version: .*\nControl plane version: unknown: kubeconfig \/nowhere cannot be read/,
  );
});

test.each([
  [{ status: 401, message: 'Unauthorized' }, 'the API server does not know who you are'],
  [{ status: 403, message: 'pods is forbidden' }, 'your account may not do that'],
  [{ status: 500, message: 'etcd is away' }, 'kubectl get --raw /readyz'],
] as const)('an API server that answers %j', async (answer, hint) => {
  await using cluster = await FakeCluster.start();
  cluster.server.fail({ on: 'get', answer });
  const result = await cluster.run('identity', '-n', 'shop');
  expect(result).toMatchObject({ exitCode: 1, out: '', error: expect.stringContaining(hint) });
});
