/** What is in the data plane's bundle, and what must never be: each proxy pays for it in memory, and it is trusted code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const apps = join(import.meta.dirname, '../../apps');

/** Third-party packages that the bundle of an app was made of. */
const librariesOf = (app: string): string[] => {
  const modules = JSON.parse(readFileSync(join(apps, app, 'dist/modules.json'), 'utf8')) as string[];
  const names = modules
    .filter((id) => !id.startsWith('/') && !id.startsWith('.') && !id.startsWith('\0'))
    .map((id) =>
      id
        .split('/')
        .slice(0, id.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(names)].toSorted();
};

test.each(['zod', 'yaml', '@prometheus-io/client', '@kubernetes/client-node', 'undici', 'commander', 'jose'])(
  'the proxy is made without %s',
  (library) => {
    expect(librariesOf('proxy')).not.toContain(library);
  },
);

test('the libraries of the proxy are those that an ADR allows', () => {
  expect(librariesOf('proxy')).toEqual(
    expect.arrayContaining(['@bufbuild/protobuf', '@grpc/grpc-js', 'pino', 're2js']) as string[],
  );
});
