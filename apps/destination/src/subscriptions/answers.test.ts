import { type Catalog, createCatalog } from '@heddle/catalog';
import { buildPod, buildServer, buildService, buildSlice, testOptions } from '@heddle/catalog/testing';
import type { KubernetesObject } from '@heddle/crds/core';
import type { InboundPolicy } from '@heddle/policy';
import { afterEach, describe, expect, test } from 'vitest';
import { Answers } from './answers.ts';
import { endpointsQuestion, inboundQuestion, type Question } from './question.ts';

/** A catalog whose changes reach the answers, and turns of the event loop that are taken by hand. */
const setUp = () => {
  const catalog = createCatalog(testOptions);
  const turns: (() => void)[] = [];
  let asked = 0;
  const counting: Catalog = Object.create(catalog, {
    inboundPolicy: {
      value: (...args: Parameters<Catalog['inboundPolicy']>) => {
        asked += 1;
        return catalog.inboundPolicy(...args);
      },
    },
  });
  const answers = new Answers({ catalog: counting, defer: (task) => turns.push(task) });
  return {
    answers,
    apply: (object: KubernetesObject) => answers.changed(catalog.apply(object)),
    delete: (object: KubernetesObject) => answers.changed(catalog.delete({ ...object, ...object.metadata })),
    turns,
    takeTurns: () => {
      let taken = 0;
      for (let turn = turns.shift(); turn; turn = turns.shift()) {
        turn();
        taken += 1;
      }
      return taken;
    },
    asked: () => asked,
  };
};

const aborts: AbortController[] = [];
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

const watch = <Answer>(answers: Answers, question: Question<Answer>) => {
  const abort = new AbortController();
  aborts.push(abort);
  const iterator = answers.watch(question, abort.signal);
  return {
    next: async () => (await iterator.next()).value as Answer,
    close: async () => {
      abort.abort();
      await iterator.return();
    },
  };
};

const web = inboundQuestion('shop', 'web', 8080);
const serverOf = (policy: InboundPolicy | undefined): string | undefined => policy?.server.name;

describe('a watched answer', () => {
  test('comes at once, and again when it differs', async () => {
    const { answers, apply, takeTurns } = setUp();
    apply(buildPod());
    const watcher = watch(answers, web);
    expect(serverOf(await watcher.next())).toBe('all-authenticated');
    const next = watcher.next();
    apply(buildServer());
    takeTurns();
    expect(serverOf(await next)).toBe('web');
  });

  test('of several changes is the newest, for whoever was slow', async () => {
    const { answers, apply, takeTurns } = setUp();
    apply(buildPod());
    const watcher = watch(answers, web);
    await watcher.next();
    for (const accessPolicy of ['audit', 'all-unauthenticated', 'deny', 'all-authenticated'] as const) {
      apply(buildServer({ accessPolicy }));
      takeTurns();
    }
    expect((await watcher.next())?.authorizations).toMatchObject([{ ref: { name: 'all-authenticated' } }]);
    const silent = watcher.next();
    apply(buildServer({ accessPolicy: 'deny' }));
    takeTurns();
    expect((await silent)?.authorizations).toEqual([]);
  });

  test('that changes back before anybody looks is not told', async () => {
    const { answers, apply, delete: remove, takeTurns } = setUp();
    apply(buildPod());
    const watcher = watch(answers, web);
    await watcher.next();
    let isTold = false;
    void watcher.next().then(() => (isTold = true));
    apply(buildServer());
    remove(buildServer());
    expect(takeTurns()).toBe(1);
    await new Promise(setImmediate);
    expect(isTold).toBe(false);
  });

  test('is worked out once for all who watch it, and not for changes that do not name it', async () => {
    const { answers, apply, takeTurns, asked } = setUp();
    apply(buildPod());
    const watchers = Array.from({ length: 100 }, () => watch(answers, web));
    for (const watcher of watchers) await watcher.next();
    expect([asked(), answers.size]).toEqual([1, 1]);
    apply(buildPod({ name: 'other' }));
    apply(buildServer({ port: { kind: 'number', port: 9090 } }));
    expect(takeTurns()).toBe(0);
    apply(buildServer());
    takeTurns();
    expect(asked()).toBe(2);
  });

  test('is forgotten when nobody watches it', async () => {
    const { answers, apply, takeTurns } = setUp();
    apply(buildPod());
    const [one, two] = [watch(answers, web), watch(answers, web)];
    await one.next();
    await two.next();
    await one.close();
    expect(answers.size).toBe(1);
    await two.close();
    expect(answers.size).toBe(0);
    apply(buildServer());
    expect(takeTurns()).toBe(0);
  });

  test('of endpoints follows the pods behind them', async () => {
    const { answers, apply, delete: remove, takeTurns } = setUp();
    const watcher = watch(answers, endpointsQuestion({ namespace: 'shop', service: 'web', port: 80 }));
    expect(await watcher.next()).toBeUndefined();
    for (const object of [buildService(), buildSlice(), buildPod()]) apply(object);
    takeTurns();
    expect((await watcher.next())?.endpoints).toHaveLength(1);
    remove(buildPod());
    takeTurns();
    expect((await watcher.next())?.endpoints).toHaveLength(0);
  });
});

describe('thousands of streams', () => {
  const count = 5_000;

  test('hear of a change that concerns them, over several turns, and others cost nothing', async () => {
    const { answers, apply, turns, takeTurns, asked } = setUp();
    const pods = Array.from({ length: count }, (_, at) =>
      buildPod({ name: `web-${at}`, ip: `10.1.${at >> 8}.${at & 255}` }),
    );
    for (const pod of pods) apply(pod);
    const watchers = pods.map((pod) => watch(answers, inboundQuestion('shop', pod.metadata.name, 8080)));
    for (const watcher of watchers) await watcher.next();
    expect([answers.size, asked()]).toEqual([count, count]);

    apply(buildPod({ name: 'web-7', annotations: { 'config.linkerd.io/default-inbound-policy': 'deny' } }));
    expect(takeTurns()).toBe(1);
    expect(serverOf(await watchers[7]?.next())).toBe('deny');
    expect(asked()).toBe(count + 1);

    apply(buildServer());
    expect(turns).toHaveLength(1);
    expect(takeTurns()).toBeGreaterThan(10);
    for (const watcher of watchers) expect(serverOf(await watcher.next())).toBe('web');
    expect(asked()).toBe(2 * count + 1);
  });
});
