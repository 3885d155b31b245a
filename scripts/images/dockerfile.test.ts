import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { images, root } from './catalogue.ts';
import { readDockerfile } from './dockerfile.ts';

test('reads the last stage, with build arguments filled in', () => {
  const text = [
    'ARG BASE=somewhere/base:1',
    'FROM other AS packages',
    'RUN anything at all \\',
    '  && more',
    'FROM ${BASE}',
    'ARG TARGETARCH=amd64',
    '# a comment',
    'COPY --from=packages /rootfs/ /',
    'COPY one two/${TARGETARCH} /app/',
    'ENV A=1 B=2',
    'USER 1:2',
    'ENTRYPOINT ["/usr/bin/node", "/app/main.js"]',
  ].join('\n');
  expect(readDockerfile(text, { TARGETARCH: 'arm64' })).toEqual({
    base: 'somewhere/base:1',
    copies: [
      { stage: 'packages', sources: ['/rootfs/'], target: '/' },
      { stage: undefined, sources: ['one', 'two/arm64'], target: '/app/' },
    ],
    env: { A: '1', B: '2' },
    user: '1:2',
    workdir: undefined,
    entrypoint: ['/usr/bin/node', '/app/main.js'],
  });
});

test('a stage that is FROM an earlier one goes on from it', () => {
  const text = 'FROM some/base:1 AS base\nENV A=1\nFROM other AS packages\nRUN anything\nFROM base\nENV B=2\nUSER 1:2';
  expect(readDockerfile(text, {})).toMatchObject({ base: 'some/base:1', env: { A: '1', B: '2' }, user: '1:2' });
});

test.each(['RUN true', 'COPY --chmod=755 a b', 'COPY ${UNKNOWN} b'])('refuses %s where it would be ignored', (line) => {
  expect(() => readDockerfile(`FROM scratch\n${line}`, {})).toThrow();
});

test.each(images.map(({ name, folder }) => [name, folder]))(
  '%s runs as a numbered user that is not root',
  (_, folder) => {
    const { user, base } = readDockerfile(readFileSync(join(root, folder, 'Dockerfile'), 'utf8'), {});
    expect(user ?? (base === undefined ? 'root' : 'of the base')).toMatch(/^([1-9]\d*:[1-9]\d*|of the base)$/);
  },
);
