/** Whatever is sent, the answer is a review; whatever pod is taken in, the patch makes a pod that Kubernetes takes. */
import { formatReview, readReview } from '@heddle/admission';
import { reviewOf } from '@heddle/admission/testing';
import * as fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { installFrom } from '../testing/install.ts';
import { expectMeshed, expectValidPod, type Pod } from '../testing/pod-oracle.ts';
import { container, podFrom, tcp } from '../testing/pods.ts';
import { admit } from './admit.ts';

const install = installFrom();
const deps = {
  install: () => install,
  lookup: {
    isSynced: true,
    annotationsOf: () => Promise.resolve({ 'linkerd.io/inject': 'enabled' }),
    controllerOf: () => undefined,
  },
  onPod: () => {},
};

interface Review {
  readonly response: { readonly uid: string; readonly allowed: boolean; readonly patch?: string };
}

const ask = async (kind: string, object: unknown): Promise<Review> => {
  const request = readReview(JSON.parse(reviewOf(kind, object)));
  return JSON.parse(formatReview(request, await admit(request, deps))) as Review;
};

const anyJson = fc.jsonValue({ maxDepth: 4 });
const annotations = fc.dictionary(
  fc.constantFrom(
    'config.linkerd.io/proxy-uid',
    'config.linkerd.io/skip-inbound-ports',
    'config.linkerd.io/opaque-ports',
    'config.linkerd.io/proxy-additional-env',
    'config.linkerd.io/proxy-enable-native-sidecar',
    'config.linkerd.io/proxy-await',
    'config.linkerd.io/enable-debug-sidecar',
    'resource.opentelemetry.io/team',
    'linkerd.io/inject',
  ),
  fc.oneof(
    fc.constantFrom('true', 'false', 'enabled', '3000', '25,80-90', '[{"name":"A","value":"b"}]'),
    fc.string({ unit: 'binary' }),
  ),
);
const containers = fc.uniqueArray(
  fc
    .tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }))
    .map(([name, ports]) => container(name, { ports: ports.map((port) => tcp(port)) })),
  { minLength: 1, maxLength: 4, selector: (each) => (each as { name: string }).name },
);

test('a pod of any shape is answered', async () => {
  const pod = fc.record({ metadata: anyJson, spec: fc.oneof(anyJson, fc.record({ containers: fc.array(anyJson) })) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('Pod', 'Service'), fc.oneof(anyJson, pod), async (kind, object) => {
      const { response } = await ask(kind, object);
      expect(response.uid).not.toBe('');
      expect(typeof response.allowed).toBe('boolean');
    }),
    { numRuns: 300 },
  );
});

test('a pod that is injected is a pod, and meshed', async () => {
  await fc.assert(
    fc.asyncProperty(containers, fc.option(containers), annotations, async (list, init, own) => {
      const pod = podFrom({
        annotations: own,
        containers: list,
        spec: init === null ? {} : { initContainers: init.map(renamed) },
      });
      const { response } = await ask('Pod', pod);
      if (response.patch === undefined) return;
      const patch = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as Parameters<typeof applyPatch>[1];
      applyPatch(pod, patch);
      expectValidPod(pod as Pod);
      if ((pod as Pod).metadata.annotations?.['linkerd.io/created-by'] !== undefined) expectMeshed(pod as Pod);
    }),
    { numRuns: 300 },
  );
});

const renamed = (each: object): object => ({ ...each, name: `init-${(each as { name: string }).name}` });
