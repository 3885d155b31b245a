import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { booksapp, goldenFile, runCommand } from '../testing/command.ts';

const explain = (...args: readonly string[]) => runCommand('policy', 'explain', booksapp, ...args);

test.each<[string, string[], number]>([
  ['explain-permit', ['--from', 'booksapp/books', '--to', 'booksapp/authors:7001', '--path', '/authors/1'], 0],
  ['explain-deny', ['--from', 'booksapp/traffic', '--to', 'authors.booksapp', '--path', '/authors.json'], 1],
  [
    'explain-no-route',
    ['--from', 'booksapp/books', '--to', 'booksapp/authors', '--method', 'POST', '--path', '/authors.json'],
    1,
  ],
  ['explain-ambiguous', ['--from', 'booksapp/books', '--to', 'booksapp/authors', '--path', '/authors/../admin'], 1],
  [
    'explain-plaintext',
    ['--from', 'none', '--from-ip', '192.0.2.7', '--to', 'booksapp/authors', '--path', '/authors.json'],
    1,
  ],
  ['explain-tcp', ['--from', 'booksapp/books', '--to', 'booksapp/authors', '--tcp'], 1],
  [
    'explain-json',
    ['--from', 'booksapp/traffic', '--to', 'booksapp/authors', '--path', '/authors.json', '-o', 'json'],
    1,
  ],
])('%s', async (name, args, exitCode) => {
  const result = await explain(...args);
  expect(result).toMatchObject({ exitCode, error: '' });
  await expect(result.out).toMatchFileSnapshot(goldenFile(name));
});

test.each([
  ['booksapp/books', 0],
  ['booksapp/webapp', 0],
  ['webapp.booksapp.serviceaccount.identity.linkerd.cluster.local', 0],
  ['booksapp/traffic', 1],
  ['other/books', 1],
  ['spiffe://cluster.local/books', 1],
  ['none', 1],
])('%s asks for the authors: exit code %i', async (from, exitCode) => {
  for (const path of ['/authors.json', '/authors/1?x=y']) {
    expect(await explain('--from', from, '--to', 'booksapp/authors', '--path', path)).toMatchObject({ exitCode });
  }
});

test('what is suggested, applied, permits just that', async () => {
  await using directory = await TemporaryDirectory.create();
  await cp(join(booksapp, 'k8s'), directory.path, { recursive: true });
  const ask = (...args: readonly string[]) =>
    runCommand('policy', 'explain', directory.path, '--from', 'booksapp/traffic', '--to', 'booksapp/authors', ...args);
  for (const request of [
    ['--path', '/authors.json'],
    ['--method', 'POST', '--path', '/authors.json'],
  ]) {
    const denied = await ask(...request);
    expect(denied.exitCode).toBe(1);
    const yaml = denied.out.slice(denied.out.indexOf('apiVersion:'));
    await writeFile(directory.file(`suggested-${request.length}.yaml`), yaml);
    expect(await ask(...request)).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^PERMIT\n/) });
  }
  expect((await ask('--method', 'DELETE', '--path', '/authors.json')).exitCode).toBe(1);
  expect((await runCommand('policy', 'check', directory.path)).exitCode).toBe(0);
});

test.each([
  [
    ['--from', 'books', '--to', 'booksapp/authors'],
    '--from: "books" is no client; write <namespace>/<serviceaccount>, an identity in full, or none\n',
  ],
  [
    ['--from', 'none', '--from-ip', 'x', '--to', 'booksapp/authors'],
    '--from-ip: "x" is not an IP address; write it like 10.0.0.1 or fd00::1\n',
  ],
  [
    ['--from', 'none', '--to', 'authors'],
    '--to: "authors" is no target; write <namespace>/<workload or service>[:port]\n',
  ],
  [
    ['--from', 'none', '--to', 'booksapp/editors'],
    '--to: there is no workload or Service booksapp/editors; the workloads are booksapp/authors, booksapp/books, booksapp/traffic, booksapp/webapp\n',
  ],
  [['--from', 'none', '--to', 'booksapp/traffic'], '--to: workload traffic has no ports; add :<port>\n'],
])('%j has no answer', async (args, error) => {
  expect(await explain(...args)).toEqual({ exitCode: 1, out: '', error });
});

test('a mistake in the manifests is told instead of an answer', async () => {
  await using directory = await TemporaryDirectory.create();
  await directory.write('a.yaml', 'apiVersion: v1\nkind: Namespase\nmetadata: { name: a }\n');
  const result = await runCommand('policy', 'explain', directory.path, '--from', 'none', '--to', 'a/b');
  expect(result).toEqual({
    exitCode: 1,
    out: '',
    error: 'a.yaml:2 kind: "Namespase" is not a kind of the core group; did you mean Namespace?\n',
  });
});

test('a header that a route asks for', async () => {
  await using directory = await TemporaryDirectory.create();
  await cp(join(booksapp, 'k8s'), directory.path, { recursive: true });
  await directory.write(
    'headers.yaml',
    `apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: { name: tenants, namespace: booksapp }
spec:
  parentRefs: [{ group: policy.linkerd.io, kind: Server, name: authors }]
  rules: [{ matches: [{ path: { value: /tenants }, headers: [{ name: X-Tenant, value: blau-grün }] }] }]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: tenants, namespace: booksapp }
spec:
  targetRef: { group: policy.linkerd.io, kind: HTTPRoute, name: tenants }
  requiredAuthenticationRefs: []
`,
  );
  const ask = (...args: readonly string[]) =>
    runCommand(
      'policy',
      'explain',
      directory.path,
      '--from',
      'none',
      '--to',
      'booksapp/authors',
      '--path',
      '/tenants',
      ...args,
    );
  expect((await ask('--header', 'x-TENANT=blau-grün')).exitCode).toBe(0);
  expect((await ask('--header', 'x-tenant=rot')).exitCode).toBe(1);
  expect((await ask()).exitCode).toBe(1);
});
