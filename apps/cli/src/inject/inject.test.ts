import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { goldenFile, runCommand } from '../testing/command.ts';

const manifests = `# The shop.
apiVersion: v1
kind: Namespace
metadata:
  name: shop # keep me
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        team: "blue"
    spec:
      containers:
      # the only one
      - name: app
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 80}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {jobTemplate: {spec: {template: {spec: {}}}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-agent}
spec: {template: {spec: {hostNetwork: true}}}
---
apiVersion: v1
kind: Pod
metadata: {name: stays, annotations: {linkerd.io/inject: disabled}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web}
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: db}
  spec: {template: {spec: {}}}
---
kind:   ConfigMap
apiVersion:   v1
metadata: {name: config}
`;

test('what stands for pods is annotated, everything else passed through, comments kept', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('all.yaml', manifests);
  const { exitCode, out, error } = await runCommand('inject', file);
  expect(exitCode).toBe(0);
  await expect(out).toMatchFileSnapshot(goldenFile('inject'));
  await expect(error).toMatchFileSnapshot(goldenFile('inject-report'));
});

test('settings become annotations; ingress is a way to be injected', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('pod.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n');
  const args = ['--ingress', '--default-inbound-policy', 'deny', '--require-identity-on-inbound-ports', '80,443'];
  expect((await runCommand('inject', ...args, file)).out).toBe(`apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    linkerd.io/inject: ingress
    config.linkerd.io/default-inbound-policy: deny
    config.linkerd.io/proxy-require-identity-inbound-ports: 80,443
`);
});

test('uninject takes away what inject added, and what the injector did', async () => {
  await using directory = await TemporaryDirectory.create();
  const injected = (await runCommand('inject', await directory.write('all.yaml', manifests))).out;
  const back = await runCommand('uninject', await directory.write('injected.yaml', injected));
  expect(back.exitCode).toBe(0);
  expect(back.out).not.toMatch(/inject: (?:enabled|ingress)/);
  expect(back.out).toContain('linkerd.io/inject: disabled');
  expect(back.out).toContain('team: "blue"');
  expect(back.error).toContain('deployment "web" uninjected\n');
  expect(back.error).toContain('pod "stays" skipped: there is nothing to take away\n');
});

test('folders, with all below them, in order; a broken file and nothing is written', async () => {
  await using directory = await TemporaryDirectory.create();
  await directory.write('b.yml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: b');
  await directory.write('a.json', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}');
  const both = await runCommand('inject', directory.path);
  expect(both.out).toBe(
    '{ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a", annotations: { linkerd.io/inject: enabled } } }\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n  annotations:\n    linkerd.io/inject: enabled\n',
  );
  const broken = await directory.write('c.yaml', 'a: [');
  const result = await runCommand('inject', directory.path);
  expect(result).toMatchObject({ exitCode: 1, out: '' });
  expect(result.error).toContain(`${broken}:1: `);
  expect(result.error).toContain('nothing was written; mend the file and try again\n');
});

test.each([
  ['nowhere.yaml', /nowhere.yaml cannot be read: there is no such file or folder\n/],
  ['.', /the folder holds no .yaml, .yml or .json file\n/],
])('%s', async (path, message) => {
  await using directory = await TemporaryDirectory.create();
  const result = await runCommand('inject', directory.file(path));
  expect(result).toMatchObject({ exitCode: 1, out: '', error: expect.stringMatching(message) });
});
