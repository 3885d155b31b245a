/**
 * A name is worth nothing without the anchor: from a pod outside the mesh, a client with a certificate for a name that the
 * policy allows is refused when another authority signed it, and let in when the mesh's issuer did.
 */
import { type Authority, parseAuthority } from '@heddle/pki';
import { createCertificateMill } from '@heddle/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getJson, kubectl } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let outside: Space;

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('foreign-anchor', meshed), Space.open('forgers')]);
  await Promise.all([
    space.deploy(...deployment({ name: 'web' }), service('web'), server('web'), ...allow('web', ['client'])),
    outside.deploy(...deployment({ name: 'forger' })),
  ]);
});

afterAll(() => Promise.all([space.close(), outside.close()]));

const identityOf = (account: string): string =>
  `${account}.${space.namespace}.serviceaccount.identity.linkerd.cluster.local`;

/** Runs in the container: mesh TLS to the pod's port, and one request; prints the status line, or why there is none. */
const script = `
const [options] = process.argv.slice(1).map((text) => JSON.parse(text));
const socket = require('node:tls').connect({ ...options, rejectUnauthorized: false }, () =>
  socket.write('GET / HTTP/1.1\\r\\nhost: web\\r\\nconnection: close\\r\\n\\r\\n'));
let said = '';
const tell = (text) => { console.log(text); process.exit(0); };
socket.setTimeout(15000, () => tell('nothing'));
socket.setEncoding('latin1').on('data', (text) => (said += text));
socket.on('end', () => tell(said.split('\\r\\n')[0] || 'closed'));
socket.on('error', (error) => tell(error.code ?? error.message));
`;

const ask = async (credentials: { readonly cert?: string; readonly key?: string }): Promise<string> => {
  const { status } = await space.pod('app=web');
  const options = { host: status.podIP, port: 8080, servername: identityOf('web'), ...credentials };
  const node = ['/usr/bin/node', '-e', script, JSON.stringify(options)];
  return (await kubectl(['-n', outside.namespace, 'exec', 'deploy/forger', '-c', 'app', '--', ...node])).trim();
};

const certificateFor = (account: string, issuer?: Authority) => {
  const { chainPem, keyPem } = createCertificateMill().leaf(identityOf(account), issuer && { issuer });
  return { cert: chainPem, key: keyPem };
};

/** As whoever holds the cluster's keys could. */
const meshIssuer = async (): Promise<Authority> => {
  const secret = ['-n', 'linkerd', 'secret', 'linkerd-identity-issuer'];
  const { data } = await getJson<{ data: Readonly<Record<string, string>> }>(secret);
  const [certificate = '', key = ''] = ['crt.pem', 'key.pem'].map((name) =>
    Buffer.from(data[name] ?? '', 'base64').toString(),
  );
  const issuer = parseAuthority(certificate, key);
  if (issuer.kind !== 'ok') throw new Error(issuer.reason);
  return issuer.value;
};

test('the same name under the anchor of the mesh is let in, and another name is not', async () => {
  const issuer = await meshIssuer();
  expect(await ask(certificateFor('client', issuer))).toBe('HTTP/1.1 200 OK');
  expect(await ask(certificateFor('nobody', issuer))).toBe('HTTP/1.1 403 Forbidden');
});

test('under another anchor it gets no answer at all', async () => {
  expect(await ask(certificateFor('client'))).toMatch(/^(closed|ECONNRESET|ERR_SSL_.*)$/);
});

test('a client without a certificate is nobody', async () => {
  expect(await ask({})).toBe('HTTP/1.1 403 Forbidden');
});
