import { ConfigError, EnvironmentReader } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { type ResourcesConfig, resourcesFrom } from './resources.ts';

const read = (environment: Readonly<Record<string, string>>): ResourcesConfig => {
  const reader = new EnvironmentReader(environment);
  const resources = resourcesFrom(reader);
  reader.finish();
  return resources;
};

test('objects come from the API server or from folders', () => {
  expect(read({ HEDDLE_KUBERNETES: 'in-cluster' })).toEqual({ kind: 'kubernetes', access: { kind: 'in-cluster' } });
  expect(read({ HEDDLE_RESOURCE_DIRS: 'one, two,' })).toEqual({ kind: 'folders', folders: ['one', 'two'] });
});

test.each([
  [{}, 'HEDDLE_RESOURCE_DIRS'],
  [{ HEDDLE_RESOURCE_DIRS: ' , ' }, 'list of folders'],
  [{ HEDDLE_KUBERNETES: 'here' }, 'in-cluster or kubeconfig:FILE'],
  [{ HEDDLE_KUBERNETES: 'in-cluster', HEDDLE_RESOURCE_DIRS: 'one' }, 'one or the other'],
])('%j is refused', (environment, words) => {
  expect(() => read(environment)).toThrow(ConfigError);
  expect(() => read(environment)).toThrow(words);
});
