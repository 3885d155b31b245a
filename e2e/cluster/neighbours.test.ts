/** Those who stay outside the mesh and still have business with it, each let in by the YAML of its page under docs/tasks. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentedYaml } from './support/documented.ts';
import { applyObjects, kubectl, tryKubectl } from './support/kubectl.ts';
import { deployment, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let outside: Space;
let friend: Sender;
let stranger: Sender;
let friendNetwork: string;

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('neighbours', meshed), Space.open('outside')]);
  await outside.deploy(...deployment({ name: 'friend' }), ...deployment({ name: 'stranger' }));
  friend = { namespace: outside.namespace, from: 'deploy/friend', container: 'app' };
  stranger = { ...friend, from: 'deploy/stranger' };
  friendNetwork = `${(await outside.pod('app=friend')).status.podIP}/32`;
});

afterAll(async () => {
  await kubectl(['delete', 'validatingwebhookconfiguration', space.namespace, '--ignore-not-found']);
  await Promise.all([space.close(), outside.close()]);
});

const documented = async (page: string, block = 0): Promise<void> => {
  const yaml = documentedYaml(page, { '10.1.2.0/24': friendNetwork })[block] ?? '';
  await kubectl(['-n', space.namespace, 'apply', '-f', '-'], { input: yaml });
};

test('an ingress, by its network', async () => {
  await space.deploy(...deployment({ name: 'web' }), service('web'));
  const url = `http://web.${space.namespace}:8080/`;
  expect(await get(friend, url)).toBe(403);
  await documented('tasks/let-an-unmeshed-ingress-in.md');
  await expect.poll(() => get(friend, url), { timeout: 20_000 }).toBe(200);
  expect(await get(stranger, url)).toBe(403);
});

test('a Prometheus: metrics of the application, and of its proxy, and no more', async () => {
  const page = 'tasks/scrape-by-an-unmeshed-prometheus.md';
  const [, annotated = ''] = documentedYaml(page, { '10.1.2.0/24': friendNetwork });
  const additional = /proxy-additional-env: '(.*)'/.exec(annotated)?.[1] ?? '';
  const ports = { http: 8080, grpc: 9090, metrics: 9100 };
  await space.deploy(
    ...deployment({
      name: 'web',
      ports,
      env: { PORTS: '8080,9090,9100' },
      annotations: { 'config.linkerd.io/proxy-additional-env': additional },
    }),
  );
  await documented(page);
  const { status } = await space.pod('app=web');
  const metrics = `http://${status.podIP}:9100/metrics`;
  await expect.poll(() => get(friend, metrics), { timeout: 20_000 }).toBe(200);
  expect(await get(friend, `http://${status.podIP}:9100/else`)).toBe(404);
  expect(await get(stranger, metrics)).toBe(403);
  const proxy = `http://${status.podIP}:4191/metrics`;
  expect(await get(friend, proxy)).toBe(200);
  expect(await get(stranger, proxy)).not.toBe(200);
});

test('the API server, which calls an admission webhook', async () => {
  const host = `webhook.${space.namespace}.svc`;
  const { caBundle, crt, key } = certificateFor(host);
  const mount = {
    volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
    readinessProbe: { tcpSocket: { port: 'https' } },
  };
  await space.deploy(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls' }, data: { 'tls.crt': crt, 'tls.key': key } },
    ...deployment({
      name: 'webhook',
      args: ['webhook'],
      ports: { https: 8443 },
      container: mount,
      pod: { volumes: [{ name: 'tls', secret: { secretName: 'tls' } }] },
    }),
    service('webhook', { https: 8443 }),
  );
  const hook = {
    name: 'denied.e2e.heddle.dev',
    clientConfig: { caBundle, service: { name: 'webhook', namespace: space.namespace, port: 8443 } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': outside.namespace } },
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 5,
  };
  const kind = 'ValidatingWebhookConfiguration';
  const metadata = { name: space.namespace };
  await applyObjects([{ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata, webhooks: [hook] }]);
  const create = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<string> => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } });
    const { code, stderr } = await tryKubectl(['-n', outside.namespace, 'create', '-f', '-'], { input });
    return code === 0 ? 'created' : stderr;
  };
  expect(await create('before')).toContain('failed calling webhook');
  await documented('tasks/an-admission-webhook-in-the-mesh.md');
  let attempt = 0;
  await expect.poll(() => create(`allowed-${(attempt += 1)}`), { timeout: 30_000 }).toBe('created');
  expect(await create('denied', { denied: '' })).toContain('it is labelled denied');
});

const certificateFor = (host: string): { readonly caBundle: string; readonly crt: string; readonly key: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-webhook-'));
  try {
    const file = (name: string): string => join(folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key')];
    const name = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...name, '-out', file('crt')], { stdio: 'pipe' });
    const read = (path: string): string => readFileSync(file(path)).toString('base64');
    return { caBundle: read('crt'), crt: read('crt'), key: read('key') };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
