import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { ConnectionError } from './connection.ts';
import { kubeconfigConnection, parseKubeconfig } from './kubeconfig.ts';

const kubeconfig = (cluster: string, user: string): string => `
apiVersion: v1
kind: Config
current-context: here
contexts:
- name: elsewhere
  context: {cluster: other, user: nobody}
- name: here
  context: {cluster: one, user: me, namespace: shop}
clusters:
- name: one
  cluster: ${cluster}
users:
- name: me
  user: ${user}
`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const read = (cluster: string, user: string) => parseKubeconfig(kubeconfig(cluster, user), '/etc/heddle/config');

test('reads data, and files relative to its folder', () => {
  const cluster = `{server: 'https://[::1]:6443/k8s', certificate-authority-data: ${base64('the CA')}, tls-server-name: api}`;
  const user = '{client-certificate: me.crt, client-key: /keys/me.key, tokenFile: token}';
  expect(read(cluster, user)).toEqual({
    server: new URL('https://[::1]:6443/k8s'),
    certificateAuthority: { kind: 'text', text: 'the CA' },
    tlsServerName: 'api',
    token: { kind: 'file', file: '/etc/heddle/token' },
    clientCertificate: {
      certificate: { kind: 'file', file: '/etc/heddle/me.crt' },
      key: { kind: 'file', file: '/keys/me.key' },
    },
    namespace: 'shop',
  });
});

test.each([
  [
    'a weakened TLS',
    '{server: https://a, insecure-skip-tls-verify: true}',
    '{}',
    'cluster one: insecure-skip-tls-verify',
  ],
  ['a program', '{server: https://a}', '{exec: {command: aws}}', 'user me: exec is not supported'],
  ['cleartext to another host', '{server: http://10.0.0.1}', '{}', 'is not an https URL'],
  ['a host that merely looks like loopback', '{server: http://127.evil.example}', '{}', 'is not an https URL'],
  ['no URL', '{server: api:x}', '{}', 'is not an https URL'],
  ['no server', '{}', '{}', 'server is missing'],
  ['half a client certificate', '{server: https://a}', '{client-key-data: AA==}', 'belong together'],
  ['a number for a token', '{server: https://a}', '{token: 1}', 'token is not text'],
])('refuses %s', (_, cluster, user, message) => {
  expect(() => read(cluster, user)).toThrow(message);
});

test.each([
  ['what is not YAML', '{', 'is not YAML'],
  ['a context that is not there', 'current-context: lost\ncontexts: []', 'contexts has no entry named lost'],
  ['no context', 'contexts: []', 'current-context is missing'],
  ['a list', '- a', 'current-context is missing'],
  ['nothing', '', 'is not a mapping'],
])('refuses %s', (_, text, message) => {
  expect(() => parseKubeconfig(text, 'config')).toThrow(message);
});

test('allows cleartext to loopback, as kubectl proxy serves it', () => {
  expect(read("{server: 'http://127.0.0.1:8001'}", '{}').server.port).toBe('8001');
});

test('says which file cannot be read', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = directory.file('config');
  await expect(kubeconfigConnection(file)).rejects.toEqual(
    new ConnectionError(`kubeconfig ${file} cannot be read`, { cause: expect.anything() }),
  );
});
