import { ConfigError } from '@heddle/runtime';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { checkFiles } from './check-files.ts';
import type { DestinationConfig } from './config.ts';

const configOf = (folders: readonly string[], trustAnchorsFile: string): DestinationConfig =>
  ({ resources: { kind: 'folders', folders }, identity: { trustAnchorsFile } }) as DestinationConfig;

test('files and folders that are not there are named at once', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('anchors.pem', '');
  await expect(checkFiles(configOf([directory.path], file))).resolves.toBeUndefined();
  const gone = directory.file('gone');
  const failure = await checkFiles(configOf([directory.path, gone, file], directory.path)).catch((error) => error);
  expect(failure).toBeInstanceOf(ConfigError);
  expect((failure as ConfigError).errors).toEqual([
    `HEDDLE_RESOURCE_DIRS: ${gone} cannot be read (ENOENT)`,
    `HEDDLE_RESOURCE_DIRS: ${file} is not a folder`,
    `HEDDLE_TRUST_ANCHORS_FILE: ${directory.path} is not a file`,
  ]);
});
