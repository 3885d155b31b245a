import { chmod, readFile, stat } from 'node:fs/promises';
import { encodePem, encodePkcs8Pem, parsePemBundle } from '@heddle/pki';
import { createCertificateMill, TemporaryDirectory } from '@heddle/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { runCommand } from '../testing/command.ts';
import { FakeCluster, livePod } from '../testing/fake-cluster.ts';

afterEach(() => vi.unstubAllEnvs());

/** A helm that writes how it was called, and the files of values that it was given. */
const withHelm = async (directory: TemporaryDirectory): Promise<void> => {
  const program = await directory.write(
    'helm',
    `#!/bin/sh
echo "# helm $*"
while [ $# -gt 0 ]; do
  if [ "$1" = --values ]; then echo "# values"; cat "$2"; echo; fi
  shift
done
`,
  );
  await chmod(program, 0o755);
  vi.stubEnv('HEDDLE_HELM', program);
};

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'servers.policy.linkerd.io', labels: { 'helm.sh/chart': 'heddle-crds' } },
};

test('an install brings a namespace, an anchor and an issuer of its own', async () => {
  await using cluster = await FakeCluster.start();
  await withHelm(cluster.directory);
  cluster.put(definition);
  const keyFile = cluster.directory.file('anchor.key');
  const { exitCode, out, error } = await cluster.run('install', '--set', 'a=b', '--anchor-key-out', keyFile);
  expect({ exitCode, error }).toEqual({
    exitCode: 0,
    error: expect.stringMatching(
      /^made a trust anchor \(until .*\) and an issuer .*\nthe anchor's key is in .*\nonce this is applied, `heddle check` says/,
    ),
  });
  expect(out).toMatch(/^apiVersion: v1\nkind: Namespace\nmetadata:\n {2}name: linkerd\n/);
  expect(out).toMatch(
    /# helm template heddle-control-plane .*heddle-control-plane --namespace linkerd --kube-version v1.34.1 --values \S+ --set a=b\n/,
  );
  const values = JSON.parse(out.slice(out.indexOf('# values\n') + 9)) as {
    identityTrustAnchorsPEM: string;
    identity: { issuer: { tls: { crtPEM: string; keyPEM: string } } };
  };
  const [anchor] = certificates(values.identityTrustAnchorsPEM);
  const [issuer] = certificates(values.identity.issuer.tls.crtPEM);
  expect([anchor?.subject, issuer?.subject, issuer?.issuer]).toEqual([
    'CN=root.linkerd.cluster.local',
    'CN=identity.linkerd.cluster.local',
    'CN=root.linkerd.cluster.local',
  ]);
  expect(values.identity.issuer.tls.keyPEM).toContain('BEGIN PRIVATE KEY');
  expect(await readFile(keyFile, 'utf8')).toContain('BEGIN PRIVATE KEY');
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  // The files of values are gone.
  const file = / --values (\S+)/.exec(out)?.[1] ?? '';
  await expect(stat(file)).rejects.toThrow('ENOENT');
});

const certificates = (pem: string) => {
  const bundle = parsePemBundle(pem);
  return bundle.kind === 'ok' ? bundle.value : [];
};

test('anchors and issuer that are given are checked, and used', async () => {
  await using cluster = await FakeCluster.start();
  await withHelm(cluster.directory);
  const mill = createCertificateMill();
  const file = (name: string, text: string) => cluster.directory.write(name, text);
  const args = async (anchorsPem: string) => [
    'install',
    '--identity-trust-anchors-file',
    await file('ca.crt', anchorsPem),
    '--identity-issuer-certificate-file',
    await file('issuer.crt', encodePem([mill.issuer.certificate])),
    '--identity-issuer-key-file',
    await file('issuer.key', encodePkcs8Pem(mill.issuer.key)),
  ];
  const good = await cluster.run(...(await args(mill.trustAnchorsPem)));
  expect(good.exitCode).toBe(0);
  expect(good.out).toContain(JSON.stringify(encodePem([mill.issuer.certificate])));
  expect(good.error).toMatch(/^the custom resources are not installed; apply them first/);
  const bad = await cluster.run(...(await args(createCertificateMill().trustAnchorsPem)));
  expect(bad).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/^the issuer cannot issue under these anchors: .*no way to a trust anchor/m),
  });
  const half = await cluster.run(...(await args(mill.trustAnchorsPem)).slice(0, 5));
  expect(half).toMatchObject({ exitCode: 1, error: expect.stringContaining('give all three') });
});

test.each([
  [['--set', 'identity.issuer.scheme=kubernetes.io/tls']],
  [['--set', 'x=1,identity.externalCA=true']],
  [['--set-file', 'identityTrustAnchorsPEM=ca.crt']],
])('with %j nothing is made', async (args) => {
  await using directory = await TemporaryDirectory.create();
  await withHelm(directory);
  const { exitCode, out } = await runCommand('install', '--ignore-cluster', ...args);
  expect(exitCode).toBe(0);
  expect(out).not.toContain('PRIVATE KEY');
  expect(out).toContain('--kube-version 1.29.0');
});

test('a file of values that has the chart’s defaults says nothing of trust; one with an issuer does', async () => {
  await using directory = await TemporaryDirectory.create();
  await withHelm(directory);
  const values = (tls: string) =>
    directory.write(
      'values.yaml',
      `identityTrustAnchorsPEM: ""\nidentity:\n  externalCA: false\n  issuer:\n    scheme: linkerd.io/tls\n    tls: ${tls}\n`,
    );
  const install = async (tls: string) => (await runCommand('install', '--ignore-cluster', '-f', await values(tls))).out;
  expect(await install('{crtPEM: "", keyPEM: ""}')).toContain('PRIVATE KEY');
  expect(await install('{crtPEM: x, keyPEM: y}')).not.toContain('PRIVATE KEY');
});

test('nothing is installed twice, nor beside another', async () => {
  await using cluster = await FakeCluster.start();
  await withHelm(cluster.directory);
  cluster.putInstall();
  expect(await cluster.run('install')).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/^a control plane is installed in namespace linkerd: use heddle upgrade/),
  });
  cluster.put({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'linkerd-proxy-injector-webhook-config' },
    webhooks: [{ clientConfig: { service: { namespace: 'linkerd' } } }],
  });
  expect(await cluster.run('install', '-L', 'mesh')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('heddle upgrade -L linkerd'),
  });
});

test('without helm, what to do instead', async () => {
  vi.stubEnv('HEDDLE_HELM', 'no-helm-here');
  const result = await runCommand('install', '--ignore-cluster', '--set', "a=it's");
  expect(result).toMatchObject({ exitCode: 1, out: '' });
  expect(result.error).toMatch(
    /^no-helm-here was not found.*\n.*\n {2}helm upgrade --install heddle-control-plane .* --set 'a=it'\\''s'\n$/,
  );
});

test('what helm complains of is passed on', async () => {
  await using directory = await TemporaryDirectory.create();
  const program = await directory.write('helm', '#!/bin/sh\necho "Error: values do not meet the schema" >&2\nexit 1\n');
  await chmod(program, 0o755);
  vi.stubEnv('HEDDLE_HELM', program);
  expect(await runCommand('install', '--crds')).toEqual({
    exitCode: 1,
    out: '',
    error: 'helm could not render the chart:\nError: values do not meet the schema\n',
  });
});

test('an upgrade renders with the stored values and the cluster at hand; one of Helm’s is left to Helm', async () => {
  await using cluster = await FakeCluster.start();
  await withHelm(cluster.directory);
  expect(await cluster.run('upgrade')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('no control plane is installed in namespace linkerd'),
  });
  cluster.putInstall('clusterDomain: example.org\n');
  const { exitCode, out } = await cluster.run('upgrade', '--set', 'controllerLogLevel=debug');
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /# helm template .* --dry-run=server --is-upgrade --kube-version v1.34.1 --kubeconfig \S+ --values \S+ --set controllerLogLevel=debug\n/,
  );
  expect(out).toContain('clusterDomain: example.org');
  expect(out).not.toContain('PRIVATE KEY');
  cluster.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'linkerd-config', namespace: 'linkerd', annotations: { 'meta.helm.sh/release-name': 'mesh' } },
  });
  expect(await cluster.run('upgrade', '--set', 'a=b')).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/helm upgrade mesh .* -n linkerd --reset-then-reuse-values --set a=b\n$/),
  });
});

const ours = (apiVersion: string, kind: string, name: string, isClusterScoped = false) => ({
  apiVersion,
  kind,
  metadata: {
    name,
    ...(!isClusterScoped && { namespace: 'linkerd' }),
    labels: { 'linkerd.io/control-plane-ns': 'linkerd', 'app.kubernetes.io/part-of': 'Heddle' },
  },
});

test('an uninstall takes webhooks first, keeps policies, and names who is still meshed', async () => {
  await using cluster = await FakeCluster.start();
  cluster.putInstall();
  cluster.put(
    definition,
    ours('apps/v1', 'Deployment', 'linkerd-identity'),
    ours(
      'admissionregistration.k8s.io/v1',
      'MutatingWebhookConfiguration',
      'linkerd-proxy-injector-webhook-config',
      true,
    ),
    { ...ours('v1', 'Secret', 'linkerd-identity-issuer') },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'of-somebody-else', namespace: 'linkerd' } },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'linkerd', labels: { 'linkerd.io/is-control-plane': 'true' } },
    },
    livePod('web-1'),
    livePod('outside', { isMeshed: false }),
  );
  const refused = await cluster.run('uninstall');
  expect(refused).toMatchObject({
    exitCode: 1,
    out: '',
    error: expect.stringMatching(/^1 pods still carry a proxy, and would lose their control plane: shop\/web-1\n/),
  });
  const forced = await cluster.run('uninstall', '--force');
  expect(forced.error).toContain('still meshed, and soon without certificates: shop/web-1\n');
  expect(namesIn(forced.out)).toEqual([
    'MutatingWebhookConfiguration linkerd-proxy-injector-webhook-config',
    'Deployment linkerd-identity',
    'Secret linkerd-identity-issuer',
    'Namespace linkerd',
  ]);
  expect(namesIn((await cluster.run('uninstall', '--force', '--crds')).out)).toContain(
    'CustomResourceDefinition servers.policy.linkerd.io',
  );
  cluster.put({
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: { name: 'admin', namespace: 'linkerd' },
  });
  const kept = await cluster.run('uninstall', '--force');
  expect(kept.error).toContain('namespace linkerd stays, since policies are in it\n');
  expect(namesIn(kept.out)).not.toContain('Namespace linkerd');
  expect(await cluster.run('uninstall', '-L', 'nowhere')).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^there is nothing of Heddle in namespace nowhere/),
  });
});

const namesIn = (yaml: string): readonly string[] =>
  [...yaml.matchAll(/kind: (\w+)\nmetadata:\n {2}name: "([^"]+)"/g)].map(([, kind, name]) => `${kind} ${name}`);
