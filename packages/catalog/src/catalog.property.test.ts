import { keyOf, keyText } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { orThrow, parseIp } from '@heddle/names';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Catalog, createCatalog } from './catalog.ts';
import type { Changes } from './changes.ts';
import type { Target } from './target.ts';
import { anyObject, world } from './testing/arbitraries.ts';
import { testOptions } from './testing/index.ts';

interface Question {
  readonly text: string;
  answer(catalog: Catalog): unknown;
  /** Whether a change said that the answer may differ. */
  readonly isNamedIn: (changes: Changes) => boolean;
}

const services = world.namespaces.flatMap((namespace) => world.services.map((service) => ({ namespace, service })));

const inbound: readonly Question[] = world.namespaces.flatMap((namespace) =>
  world.pods.flatMap((pod) =>
    world.ports.map((port) => ({
      text: `inbound ${namespace}/${pod}:${port}`,
      answer: (catalog) => catalog.inboundPolicy(namespace, pod, port),
      isNamedIn: ({ inbound }) => {
        const ports = inbound.get(`${namespace}/${pod}`);
        return ports === 'all' || (ports?.has(port) ?? false);
      },
    })),
  ),
);

const endpoints: readonly Question[] = services.flatMap((service) =>
  world.ports.flatMap((port) =>
    [undefined, ...world.nodes].map((nodeName) => ({
      text: `endpoints ${service.namespace}/${service.service}:${port} from ${nodeName ?? 'anywhere'}`,
      answer: (catalog) => catalog.endpoints({ ...service, port, nodeName }),
      isNamedIn: ({ endpoints, nodes }) =>
        endpoints.has(`${service.namespace}/${service.service}`) || (nodeName !== undefined && nodes.has(nodeName)),
    })),
  ),
);

const addresses = [...world.podIps, ...world.clusterIps, ...world.outsideIps];

const targets: readonly {
  readonly text: string;
  readonly target: Target;
  readonly isNamedIn: (changes: Changes) => boolean;
}[] = world.ports.flatMap((port) => [
  ...addresses.map((ip) => ({
    text: `${ip}:${port}`,
    target: { kind: 'address', ip: orThrow(parseIp(ip)), port } as const,
    isNamedIn: ({ addresses }: Changes) => addresses.has(ip),
  })),
  ...services.map((service) => ({
    text: `${service.namespace}/${service.service}:${port}`,
    target: { kind: 'service', ...service, port } as const,
    isNamedIn: ({ services }: Changes) => services.has(`${service.namespace}/${service.service}`),
  })),
]);

const outbound: readonly Question[] = targets.flatMap(({ text, target, isNamedIn }) => [
  ...[undefined, ...world.namespaces].map((from) => ({
    text: `profile ${text} from ${from ?? 'anywhere'}`,
    answer: (catalog: Catalog) => catalog.profile(target, from),
    isNamedIn,
  })),
  ...[undefined, ...world.namespaces].map((from) => ({
    text: `outbound ${text} from ${from ?? 'anywhere'}`,
    answer: (catalog: Catalog) => catalog.outboundPolicy(target, from),
    isNamedIn: (changes: Changes) => isNamedIn(changes) || (target.kind === 'address' && changes.egress.size > 0),
  })),
]);

const questions = [...inbound, ...endpoints, ...outbound];

const statusesOf = (catalog: Catalog): ReadonlyMap<string, unknown> =>
  new Map(catalog.statuses().map((status) => [keyText(status.key), status]));

const answersOf = (catalog: Catalog): readonly string[] =>
  questions.map((question) => JSON.stringify(question.answer(catalog)) ?? 'none');

const oneInFour = fc.constantFrom(true, false, false, false);

/** What is there before the history begins. */
const beginning = fc.array(anyObject, { minLength: 30, maxLength: 60 });

/** One step: an object is applied, or the one that was applied some steps before is deleted. */
const steps = fc.array(fc.tuple(anyObject, fc.nat({ max: 99 }), oneInFour), { minLength: 20, maxLength: 60 });

test('a random history answers like a rebuild, and every answer that differs was named', () => {
  fc.assert(
    fc.property(beginning, steps, (first, history) => {
      const catalog = createCatalog(testOptions);
      catalog.reset(first);
      const present = new Map(first.map((object): [string, KubernetesObject] => [keyText(keyOf(object)), object]));
      let before = answersOf(catalog);
      let statuses = statusesOf(catalog);
      for (const [object, index, isDelete] of history) {
        if (index % 8 === 0) {
          catalog.preview(object);
          expect(answersOf(catalog)).toEqual(before);
          expect(statusesOf(catalog)).toEqual(statuses);
        }

        const victim = isDelete ? [...present.values()][index % Math.max(1, present.size)] : undefined;
        let changes: Changes;
        if (victim) {
          changes = catalog.delete(keyOf(victim));
          present.delete(keyText(keyOf(victim)));
        } else {
          changes = catalog.apply(object);
          present.set(keyText(keyOf(object)), object);
        }
        const after = answersOf(catalog);
        for (const [at, question] of questions.entries()) {
          if (after[at] === before[at] || question.isNamedIn(changes)) continue;
          expect.fail(`${question.text} changed unnamed: ${before[at]} became ${after[at]}`);
        }
        const statusesAfter = statusesOf(catalog);
        for (const key of new Set([...statuses.keys(), ...statusesAfter.keys()])) {
          const isSame = JSON.stringify(statuses.get(key)) === JSON.stringify(statusesAfter.get(key));
          if (!isSame && !changes.statuses.has(key)) expect.fail(`the status of ${key} changed unnamed`);
        }
        before = after;
        statuses = statusesAfter;
      }
      const rebuilt = createCatalog(testOptions);
      rebuilt.reset([...present.values()].toReversed());
      expect(before).toEqual(answersOf(rebuilt));
      const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
      expect([...statuses].sort(byKey)).toEqual([...statusesOf(rebuilt)].sort(byKey));
      expect(catalog.size).toBe(rebuilt.size);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('a reset leaves exactly what it was given', () => {
  fc.assert(
    fc.property(fc.array(anyObject, { maxLength: 20 }), fc.array(anyObject, { maxLength: 20 }), (first, second) => {
      const catalog = createCatalog(testOptions);
      catalog.reset(first);
      const before = answersOf(catalog);
      const changes = catalog.reset(second);
      const after = answersOf(catalog);
      const unnamed = questions.filter((question, at) => after[at] !== before[at] && !question.isNamedIn(changes));
      expect(unnamed.map(({ text }) => text)).toEqual([]);
      const rebuilt = createCatalog(testOptions);
      rebuilt.reset(second);
      expect(after).toEqual(answersOf(rebuilt));
    }),
    { numRuns: 150 },
  );
});
