import { chmod } from 'node:fs/promises';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { userConnection } from './user-connection.ts';

const contexts =
  'contexts: [{name: here, context: {cluster: one, user: me}}, {name: there, context: {cluster: two, user: me}}]';
const clusters = 'clusters: [{name: one, cluster: {server: https://one}}, {name: two, cluster: {server: https://two}}]';

test('the files of KUBECONFIG count as one, earlier ones first, missing ones not at all', async () => {
  await using directory = await TemporaryDirectory.create();
  const first = await directory.write('a', `${contexts}\nusers: [{name: me, user: {tokenFile: mine}}]`);
  const second = await directory.write(
    'b',
    `current-context: here\n${clusters}\nusers: [{name: me, user: {token: x}}]`,
  );
  const environment = { KUBECONFIG: `${first}:${directory.file('none')}:${second}` };
  const connection = await userConnection({ environment });
  expect(connection.server.href).toBe('https://one/');
  expect(connection.token).toEqual({ kind: 'file', file: directory.file('mine') });
  expect((await userConnection({ environment, context: 'there' })).server.href).toBe('https://two/');
  await expect(userConnection({ environment, kubeconfig: directory.file('none') })).rejects.toThrow(
    'cannot be read; name one with',
  );
  await expect(userConnection({ environment, kubeconfig: first })).rejects.toThrow('current-context is missing');
});

const withExec = (command: string) =>
  `current-context: here\n${contexts}\n${clusters}\nusers: [{name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ${command}, args: [get], env: [{name: HINT, value: blue}], installHint: install it with care}}}]`;

test.each([
  ['{"status":{"token":"t"}}', { token: { kind: 'text', text: 't' } }],
  [
    '{"status":{"clientCertificateData":"c","clientKeyData":"k"}}',
    { clientCertificate: { certificate: { kind: 'text', text: 'c' }, key: { kind: 'text', text: 'k' } } },
  ],
])('a program hands out %s', async (answer, expected) => {
  await using directory = await TemporaryDirectory.create();
  const program = await directory.write(
    'login',
    `#!/bin/sh\n[ "$1 $HINT" = "get blue" ] || exit 3\ncase "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 4;; esac\necho '${answer}'\n`,
  );
  await chmod(program, 0o755);
  const kubeconfig = await directory.write('config', withExec('./login'));
  expect(await userConnection({ environment: {}, kubeconfig })).toMatchObject(expected);
});

test.each([
  ['echo {}', 'answered no credential'],
  ['echo no', 'answered something that is not JSON'],
  ['echo \'{"status":{"clientKeyData":"k"}}\'', 'answered half a client certificate'],
  ['echo please log in >&2; exit 1', 'failed: please log in'],
])('a program that does "%s"', async (script, message) => {
  await using directory = await TemporaryDirectory.create();
  const program = await directory.write('login', `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const kubeconfig = await directory.write('config', withExec(program));
  await expect(userConnection({ environment: {}, kubeconfig })).rejects.toThrow(message);
});

test('a program that is not there, with what its author says', async () => {
  await using directory = await TemporaryDirectory.create();
  const kubeconfig = await directory.write('config', withExec('no-such-program-here'));
  await expect(userConnection({ environment: {}, kubeconfig })).rejects.toThrow(
    'no-such-program-here, which the kubeconfig names for credentials, is not installed or not in PATH\ninstall it with care',
  );
});
