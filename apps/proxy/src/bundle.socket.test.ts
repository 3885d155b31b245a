/** The proxy as it is shipped: one bundle, without what the data plane must not carry, run as a process. */
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { identityOf } from '@heddle/policy/testing';
import { eventually, freePort, TemporaryDirectory } from '@heddle/testkit';
import { beforeAll, expect, test } from 'vitest';
import { controlName, FakeControlPlane } from './testing/fake-control-plane.ts';

const app = join(import.meta.dirname, '..');
const bundle = join(app, 'dist', 'main.js');
const addonName = 'original-destination.node';
const builtAddons = join(app, '..', '..', 'packages', 'transport', 'dist');

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(app, '..', '..', 'scripts', 'bundle.mjs')], { cwd: app });
});

test.each(['zod', 'yaml', 'prom-client', '@prometheus-io', '@kubernetes', 'node-forge', 'undici', 'commander'])(
  '%s is not in it',
  (name) => {
    const modules = JSON.parse(readFileSync(join(app, 'dist', 'modules.json'), 'utf8')) as string[];
    expect(modules.filter((module) => module.startsWith(`${name}/`))).toEqual([]);
  },
);

const run = (environment: Record<string, string>, program = bundle) => {
  const child = spawn(process.execPath, [program], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, output: () => output };
};

test('without configuration it says everything that is missing and exits 64', async () => {
  const { ended, output } = run({});
  expect(await ended).toBe(64);
  expect(output().match(/is not set/g)?.length).toBeGreaterThan(6);
});

test.skipIf(!existsSync(join(builtAddons, addonName))).each([addonName, 'batched-io.node'])(
  '%s is beside it (needs one built by a C compiler)',
  (name) => {
    expect(readFileSync(join(app, 'dist', name)).equals(readFileSync(join(builtAddons, name)))).toBe(true);
  },
);

test('redirection without the addon is an error that names the file and the remedy, before anything starts', async () => {
  await using directory = await TemporaryDirectory.create();
  const program = directory.file('main.mjs');
  copyFileSync(bundle, program);
  const { ended, output } = run(
    {
      LINKERD2_PROXY_IDENTITY_DIR: directory.file('identity'),
      LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: 'never read',
      LINKERD2_PROXY_IDENTITY_TOKEN_FILE: directory.file('token'),
      LINKERD2_PROXY_IDENTITY_LOCAL_NAME: identityOf('web'),
      LINKERD2_PROXY_POLICY_WORKLOAD: 'web',
      LINKERD2_PROXY_IDENTITY_SVC_ADDR: '127.0.0.1:1',
      LINKERD2_PROXY_POLICY_SVC_ADDR: '127.0.0.1:1',
      LINKERD2_PROXY_DESTINATION_SVC_ADDR: '127.0.0.1:1',
    },
    program,
  );
  expect(await ended).toBe(64);
  expect(output()).toContain(
    `${directory.file(addonName)} is missing; redirection needs the native addon: run \`pnpm build\``,
  );
  expect(existsSync(directory.file('identity'))).toBe(false);
});

test('it starts, gets a certificate, and ends cleanly on SIGTERM', async () => {
  const plane = new FakeControlPlane();
  await plane.start();
  await using directory = await TemporaryDirectory.create();
  const adminPort = await freePort();
  const environment: Record<string, string> = {
    LINKERD2_PROXY_IDENTITY_DIR: directory.file('identity'),
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: plane.mill.trustAnchorsPem,
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: await directory.write('token', 'token'),
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: identityOf('web'),
    LINKERD2_PROXY_POLICY_WORKLOAD: 'web',
    LINKERD2_PROXY_INBOUND_LISTEN_ADDR: '127.9.0.7:0',
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: `127.0.0.1:${adminPort}`,
    HEDDLE_PROXY_REDIRECTION: 'listeners',
  };
  for (const service of ['IDENTITY', 'POLICY', 'DESTINATION']) {
    environment[`LINKERD2_PROXY_${service}_SVC_ADDR`] = `127.0.0.1:${plane.port}`;
    environment[`LINKERD2_PROXY_${service}_SVC_NAME`] = controlName;
  }
  const { child, ended, output } = run(environment);
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${adminPort}/ready`)).status).toBe(200));
  expect(output()).toContain('"msg":"certificate"');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  await plane.stop();
});
