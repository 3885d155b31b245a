/**
 * The issuer is replaced by another one under the same trust anchor, while traffic runs: nobody notices, pods that start
 * afterwards have certificates of the new issuer, and old and new talk to each other.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getJson, kubectl } from './support/kubectl.ts';
import { Load } from './support/load.ts';
import { deployment, service } from './support/manifests.ts';
import type { Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let folder: string;
let before: { readonly 'crt.pem': string; readonly 'key.pem': string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-issuer-'));
  space = await Space.open('issuer', meshed);
  ({ data: before } = await getJson<{ data: typeof before }>(['-n', 'linkerd', 'secret', 'linkerd-identity-issuer']));
  await space.deploy(...deployment({ name: 'web' }), service('web'), ...deployment({ name: 'client' }));
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await replaceIssuer(before);
  await space.close();
});

const replaceIssuer = (data: typeof before): Promise<string> =>
  kubectl([
    '-n',
    'linkerd',
    'patch',
    'secret',
    'linkerd-identity-issuer',
    '--type=merge',
    '-p',
    JSON.stringify({ data }),
  ]);

/** The install made anchor and issuer one; here the anchor signs an issuer below it, as an operator would with openssl. */
const makeIssuer = (): typeof before => {
  const file = (name: string): string => join(folder, name);
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  writeFileSync(file('ca.crt'), decode(before['crt.pem']));
  writeFileSync(file('ca.key'), decode(before['key.pem']));
  const name = 'identity.linkerd.cluster.local';
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('key'));
  openssl('req', '-new', '-key', file('key'), '-subj', `/CN=${name}`, '-out', file('csr'));
  writeFileSync(
    file('ext'),
    `basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectAltName=DNS:${name}\n`,
  );
  const sign = [
    '-CA',
    file('ca.crt'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    file('ext'),
  ];
  openssl('x509', '-req', '-in', file('csr'), ...sign, '-out', file('crt'));
  const encode = (path: string): string => readFileSync(path).toString('base64');
  return { 'crt.pem': encode(file('crt')), 'key.pem': encode(file('key')) };
};

/** Whether identity has said that it uses the new issuer. */
const isInUse = async (): Promise<boolean> => {
  const log = await kubectl(['-n', 'linkerd', 'logs', 'deploy/linkerd-identity', '--since=5m']);
  return log.split('\n').some((line) => line.includes('"event":"IssuerUpdated","issuer":"CN=identity.linkerd'));
};

test('traffic goes on, and what starts later is certified by the new issuer', async () => {
  const load = await Load.start(client, `http://web.${space.namespace}:8080/`);
  await replaceIssuer(makeIssuer());
  // The kubelet brings a changed Secret within a minute or so; identity then reads it.
  await expect.poll(isInUse, { timeout: 150_000, interval: 2000 }).toBe(true);

  await space.deploy(...deployment({ name: 'late' }));
  const late = await Load.start({ ...client, from: 'deploy/late' }, `http://web.${space.namespace}:8080/`);
  await late.answers(50);
  for (const each of [load, late]) {
    const { statuses, errors, failures } = await each.finish();
    expect(errors, failures.join('\n')).toEqual({});
    expect(Object.keys(statuses)).toEqual(['200']);
  }
}, 300_000);
