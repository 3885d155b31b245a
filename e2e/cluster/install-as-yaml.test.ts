/** The install without Helm in the cluster: the command line writes YAML, kubectl applies it, and deletes it again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { heddle, helm, identityLogs, left, policyKinds, rolledOut, trust } from './support/install.ts';
import { kubectl } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space | undefined;
let client: Sender;
let stranger: Sender;
let url: string;

/** What the command writes, given to kubectl. */
const pipe = async (command: readonly string[], ...args: readonly string[]): Promise<void> => {
  const { code, stdout, stderr } = await heddle(command);
  expect(code, stderr).toBe(0);
  await kubectl([...args, '-f', '-'], { input: stdout });
};

beforeAll(async () => {
  for (const release of ['heddle-control-plane', 'heddle-crds']) {
    await helm('uninstall', release, '-n', 'linkerd', '--wait', '--ignore-not-found');
  }
  await kubectl(['delete', 'namespace', 'linkerd', '--ignore-not-found']);
});

afterAll(() => space?.close());

test('install: fit before, well after, and enforcing', async () => {
  const fit = await heddle(['check', '--pre']);
  expect(fit.code, fit.stdout).toBe(0);
  await pipe(['install', '--crds'], 'apply', '--server-side');
  await pipe(['install'], 'apply');
  await rolledOut();

  space = await Space.open('as-yaml', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'stranger' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  stranger = { ...client, from: 'deploy/stranger' };
  url = `http://web.${space.namespace}:8080/`;
  expect(await get(client, url)).toBe(200);
  expect(await get(stranger, url)).toBe(403);
  const well = await heddle(['check', '--proxy', '-n', space.namespace, '--wait', '1m'], { timeoutMs: 180_000 });
  expect(well.code, well.stdout).toBe(0);
});

test('upgrade: the values of the install and the new one, the same certificates', async () => {
  const before = await trust();
  await pipe(['upgrade', '--crds'], 'apply', '--server-side');
  await pipe(['upgrade', '--set', 'controllerLogLevel=debug'], 'apply');
  await rolledOut();
  expect(await identityLogs()).toBe('debug');
  expect(await trust()).toEqual(before);
  expect(await get(client, url)).toBe(200);
  expect(await get(stranger, url)).toBe(403);
});

test('uninstall: nothing is left', async () => {
  await pipe(['uninstall', '--crds', '--force'], 'delete', '--ignore-not-found', '--timeout=100s');
  await expect.poll(policyKinds, { timeout: 60_000 }).toBe(0);
  await expect.poll(left, { timeout: 60_000 }).toEqual([]);
});
