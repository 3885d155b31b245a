/**
 * The patches as files that people read in a change. HEDDLE_UPDATE_GOLDEN=1 writes them anew. Each is applied by somebody
 * else's JSON Patch, and what comes out is looked at as a pod.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { goldenCases } from '../testing/golden-cases.ts';
import { installFrom } from '../testing/install.ts';
import { expectMeshed, expectValidPod, type Pod } from '../testing/pod-oracle.ts';
import { injectPod } from './inject-pod.ts';
import { readPod } from './pod-view.ts';

const isUpdating = process.env['HEDDLE_UPDATE_GOLDEN'] === '1';

const withoutInjected = (pod: Pod): object => {
  const own = <T extends { readonly name: string }>(list: readonly T[] | undefined): readonly T[] =>
    (list ?? []).filter(({ name }) => !name.startsWith('linkerd-'));
  const { metadata, spec } = pod;
  return {
    ...pod,
    metadata: { ...metadata, labels: undefined, annotations: undefined },
    spec: {
      ...spec,
      containers: own(spec.containers),
      initContainers: own(spec.initContainers),
      volumes: own(spec.volumes),
    },
  };
};

test.each(goldenCases.map((each) => [each.name, each] as const))('%s', async (name, each) => {
  const namespace = { name: 'shop', annotations: each.namespace ?? {} };
  const outcome = injectPod({ pod: readPod(each.pod), namespace, owner: each.owner }, installFrom(each.values));

  const file = join(import.meta.dirname, 'golden', `${name}.golden.json`);
  const text = `${JSON.stringify(outcome, undefined, 2)}\n`;
  if (isUpdating) await writeFile(file, text);
  expect(text).toBe(await readFile(file, 'utf8'));

  if (outcome.kind === 'refuse') return;
  const before = each.pod as Pod;
  const after = structuredClone(before);
  expect(applyPatch(after, structuredClone([...outcome.patch])).every((error) => error === null)).toBe(true);
  expectValidPod(after);
  if (outcome.kind === 'inject') {
    expectMeshed(after);
    expect(withoutInjected(after)).toEqual(withoutInjected(before));
  }
});
