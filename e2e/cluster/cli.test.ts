/** The command line says of a cluster what is so there: its checks, identities, endpoints, policies and explanations. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Output, runProgram } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const bundle = join(import.meta.dirname, '../../apps/cli/dist/main.js');
const heddle = (...args: readonly string[]): Promise<Output> => runProgram(process.execPath, [bundle, ...args]);

let space: Space;
let client: Sender;
let pod: string;

beforeAll(async () => {
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing; run pnpm build`);
  space = await Space.open('cli', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  pod = (await space.pod('app=web')).metadata.name;
});

afterAll(() => space.close());

test('check finds nothing wrong with install and data plane', async () => {
  const { code, stdout } = await heddle('check', '--proxy', '-n', space.namespace, '-o', 'json', '--wait', '1m');
  const { categories } = JSON.parse(stdout) as {
    readonly categories: readonly {
      readonly checks: readonly { readonly result: string; readonly error?: string }[];
    }[];
  };
  expect(categories.flatMap(({ checks }) => checks).filter(({ result }) => result === 'error')).toEqual([]);
  expect(code).toBe(0);
});

test('check names a pod that should have a proxy and has none', async () => {
  const bare = await Space.open('cli-bare');
  try {
    await bare.deploy(...deployment({ name: 'late' }));
    await bare.kubectl('annotate', 'namespace', bare.namespace, 'linkerd.io/inject=enabled');
    const { name } = (await bare.pod('app=late')).metadata;
    const { code, stdout } = await heddle('check', '--proxy', '-n', bare.namespace, '-o', 'short', '--wait', '0s');
    expect(code).toBe(1);
    expect(stdout).toContain(`${bare.namespace}/${name} should have a proxy and has none`);
  } finally {
    await bare.close();
  }
});

test('identity shows certificates that hold, of every pod', async () => {
  const { code, stdout } = await heddle('identity', '-n', space.namespace, '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(3);
  expect(stdout).toContain(`"web.${space.namespace}.serviceaccount.identity.linkerd.cluster.local"`);
});

test('diagnostics: endpoints, profile, policy, metrics', async () => {
  const authority = `web.${space.namespace}.svc.cluster.local:8080`;
  const endpoints = await heddle('diagnostics', 'endpoints', authority);
  expect(endpoints).toMatchObject({ code: 0, stdout: expect.stringContaining(pod) });
  const profile = await heddle('diagnostics', 'profile', authority);
  expect(JSON.parse(profile.stdout)).toMatchObject({ fullyQualifiedName: authority.replace(/:.*/, '') });
  const inbound = await heddle('diagnostics', 'policy', `po/${pod}`, '8080', '-n', space.namespace);
  expect(JSON.parse(inbound.stdout)).toMatchObject({ server: { resource: 'server', name: 'web' } });
  const outbound = await heddle('diagnostics', 'policy', 'svc/web', '8080', '-n', space.namespace);
  expect(JSON.parse(outbound.stdout)).toMatchObject({ ref: { resource: 'Service', name: 'web' } });
  const metrics = await heddle('diagnostics', 'proxy-metrics', 'deploy/web', '-n', space.namespace);
  expect(metrics).toMatchObject({ code: 0, stdout: expect.stringContaining('proxy_build_info') });
  expect((await heddle('diagnostics', 'controller-metrics')).code).toBe(0);
});

test.each([
  ['client', 200, 0],
  ['other', 403, 1],
])('explain agrees with what happens: %s', async (from, status, code) => {
  const explained = await heddle(
    ...['policy', 'explain', '--pod', `${pod}:8080`, '-n', space.namespace, '--from', `${space.namespace}/${from}`],
  );
  expect(explained.code).toBe(code);
  expect(await get({ ...client, from: `deploy/${from}` }, `http://web.${space.namespace}:8080/`)).toBe(status);
});

test('authz names the grant', async () => {
  const { code, stdout } = await heddle('authz', 'deploy/web', '-n', space.namespace);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`8080 +server ${space.namespace}/web .*client.${space.namespace}`));
});

test('uninstall names who is still meshed, and writes nothing', async () => {
  const { code, stdout, stderr } = await heddle('uninstall');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('still carry a proxy');
});
