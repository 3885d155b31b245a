import { systemClock } from '@heddle/runtime';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { kubernetesAccess, openKubernetesApi } from './access.ts';

test.each([
  ['in-cluster', { kind: 'ok', value: { kind: 'in-cluster' } }],
  ['kubeconfig:/etc/config', { kind: 'ok', value: { kind: 'kubeconfig', file: '/etc/config' } }],
  ['kubeconfig:', { kind: 'error', expected: 'in-cluster or kubeconfig:FILE' }],
  ['/etc/config', { kind: 'error', expected: 'in-cluster or kubeconfig:FILE' }],
])('%s', (text, result) => {
  expect(kubernetesAccess(text)).toEqual(result);
});

test('what cannot be used is a mistake in the configuration', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('config', 'contexts: []');
  await expect(
    openKubernetesApi({ kind: 'kubeconfig', file }, { variable: 'HEDDLE_KUBERNETES', clock: systemClock }),
  ).rejects.toMatchObject({
    name: 'ConfigError',
    errors: [`HEDDLE_KUBERNETES: kubeconfig ${file}: current-context is missing`],
  });
});
