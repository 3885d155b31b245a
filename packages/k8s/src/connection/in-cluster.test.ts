import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { inClusterConnection } from './in-cluster.ts';

const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

test('is made of what a pod is given', async () => {
  await using directory = await TemporaryDirectory.create();
  await directory.write('token', 't');
  await directory.write('ca.crt', 'c');
  await directory.write('namespace', 'linkerd\n');
  expect(await inClusterConnection({ environment, folder: directory.path })).toEqual({
    server: new URL('https://[fd00::1]'),
    certificateAuthority: { kind: 'file', file: directory.file('ca.crt') },
    token: { kind: 'file', file: directory.file('token') },
    namespace: 'linkerd',
  });
});

test('is refused outside a pod, and in a pod without a token', async () => {
  await using directory = await TemporaryDirectory.create();
  await expect(inClusterConnection({ environment: {} })).rejects.toThrow('KUBERNETES_SERVICE_HOST');
  await expect(inClusterConnection({ environment, folder: directory.path })).rejects.toThrow(
    'automountServiceAccountToken',
  );
});
