import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WatchedWidgets, widgets } from '../testing/watched-widgets.ts';

let cluster: WatchedWidgets;
beforeEach(async () => {
  cluster = await WatchedWidgets.create({ pageSize: 2, idleMs: 10_000, absentMs: 5_000 });
});
afterEach(async () => cluster[Symbol.asyncDispose]());

const operations = () => cluster.server.requests.map(({ operation }) => operation);

describe('the first list', () => {
  test('comes in pages and is followed by a watch from its version', async () => {
    cluster.put('a', 'b', 'c', 'd', 'e');
    const version = String(cluster.server.store.version);
    cluster.run();
    await cluster.settleEqual();
    expect(operations()).toEqual(['list', 'page', 'page', 'watch']);
    const watch = cluster.server.requests.at(-1)!;
    expect(Object.fromEntries(watch.query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: '360',
    });
    expect(cluster.synced).toBe(1);
    expect(cluster.errors).toEqual([]);
  });

  test('starts over, in one piece, when its pages expire', async () => {
    cluster.put('a', 'b', 'c');
    cluster.server.fail({ on: 'page', answer: { status: 410, reason: 'Expired' } });
    cluster.run();
    await cluster.settleEqual();
    expect(operations()).toEqual(['list', 'page', 'list', 'watch']);
    expect(cluster.server.requests[2]!.query.has('limit')).toBe(false);
  });

  test('waits as long as the server asks', async () => {
    cluster.server.fail({ on: 'list', answer: { status: 429, retryAfterSeconds: 20, message: 'busy' } });
    cluster.run();
    await cluster.settle(() => expect(cluster.errors).toEqual(['GET /apis/example.io/v1/widgets: 429 busy']));
    const failedMs = cluster.clock.nowMs();
    await cluster.settleEqual();
    expect(cluster.clock.nowMs() - failedMs).toBeGreaterThan(19_000);
  });

  test('is not taken for synced while it is refused', async () => {
    const forbidden = { on: 'list', answer: { status: 403, reason: 'Forbidden', message: 'no' } } as const;
    cluster.server.fail(forbidden, forbidden, forbidden);
    cluster.put('a');
    cluster.run();
    await cluster.settle(() => expect(cluster.errors).toHaveLength(3));
    expect(cluster.reflector.isSynced).toBe(false);
    await cluster.settleEqual();
  });
});

describe('a kind that is not installed', () => {
  test('is empty and synced, and picked up when it is installed', async () => {
    cluster.server.uninstall(widgets);
    cluster.run();
    await cluster.settle(() => expect(cluster.reflector.isAbsent).toBe(true));
    expect(cluster.reflector.isSynced).toBe(true);
    cluster.server.install(widgets);
    cluster.put('a');
    await cluster.settleEqual();
    expect(cluster.reflector.isAbsent).toBe(false);
  });

  test('is believed to be gone when the server says so twice', async () => {
    cluster.put('a');
    cluster.run();
    await cluster.settleEqual();
    cluster.server.fail({ on: 'list', answer: { status: 404 } });
    cluster.server.watches((watch) => watch.expire());
    await cluster.settle(() => expect(cluster.errors.join()).toContain('404'));
    await cluster.settleEqual();
    expect(cluster.told).toEqual(['apply a']);

    cluster.server.uninstall(widgets);
    await cluster.settle(() => expect(cluster.reflector.isAbsent).toBe(true));
    expect(cluster.told).toEqual(['apply a', 'delete a']);
  });
});

describe('a kind that is served in another version only', () => {
  const older = { ...widgets, version: 'v1beta1' };

  test('is waited for, and the error says what to do', async () => {
    cluster.server.uninstall(widgets);
    cluster.server.install(older);
    cluster.run();
    await cluster.settle(() =>
      expect(cluster.errors[0]).toMatch(/widgets.example.io is served as v1beta1, not as v1: install the custom/),
    );
    expect(cluster.reflector.isSynced).toBe(false);
    cluster.server.install(widgets);
    cluster.put('a');
    await cluster.settleEqual();
  });

  test('keeps what was known of it', async () => {
    cluster.put('a');
    cluster.run();
    await cluster.settleEqual();
    cluster.server.install(older);
    cluster.server.uninstall(widgets);
    await cluster.settle(() => expect(cluster.errors.join()).toContain('is served as v1beta1'));
    expect([...cluster.reflector.values()].map(({ key }) => key)).toEqual(['shop/a']);
    expect(cluster.reflector.isAbsent).toBe(false);
  });
});

describe('a synced cache', () => {
  beforeEach(async () => {
    cluster.put('a', 'b', 'c');
    cluster.run();
    await cluster.settleEqual();
    cluster.server.requests.length = 0;
    cluster.told.length = 0;
  });

  test('follows what is made, changed, deleted, and deleted and made again', async () => {
    cluster.put('d', 'a');
    cluster.delete('b', 'c');
    cluster.put('c');
    await cluster.settleEqual();
    expect(cluster.told).toEqual(['apply d', 'apply a', 'delete b', 'delete c', 'apply c']);
  });

  test('hears the end of an object that was made again between two lists', async () => {
    cluster.server.watches((watch) => watch.drop());
    cluster.delete('a');
    cluster.put('a');
    cluster.server.store.compact();
    await cluster.settleEqual();
    expect(cluster.told).toEqual(['delete a', 'apply a']);
  });

  test('hears the end of an object that was made again without a word in between', async () => {
    const { uid } = cluster.server.list(widgets)[0]!.metadata;
    cluster.server.delivery = { reorders: true };
    cluster.delete('a');
    cluster.put('a');
    await cluster.settleEqual();
    expect(cluster.server.list(widgets)[0]!.metadata.uid).not.toBe(uid);
    expect(cluster.told.slice(-2)).toEqual(['delete a', 'apply a']);
  });

  test('goes on from the last event or bookmark, without a list', async () => {
    cluster.put('d');
    await cluster.settleEqual();
    cluster.server.sendBookmarks();
    cluster.server.watches((watch) => watch.end());
    cluster.put('e');
    await cluster.settleEqual();
    expect(operations()).toEqual(['watch']);
  });

  test('is stale for as long as the server is silent', async () => {
    const age = (): number => cluster.reflector.staleMs(cluster.clock.nowMs());
    const beforeMs = age();
    cluster.clock.advance(5_000);
    expect(age()).toBe(beforeMs + 5_000);
    cluster.server.sendBookmarks();
    await cluster.settle(() => expect(age()).toBeLessThan(1_000));
  });

  test('lists again now and then, and tells only differences', async () => {
    cluster.clock.advance(27 * 3_600_000);
    cluster.server.watches((watch) => watch.end());
    await cluster.settle(() => expect(operations()).toContain('list'));
    await cluster.settleEqual();
    expect(cluster.told).toEqual([]);
  });

  test('does not hurry after a server that ends every watch at once', async () => {
    for (let round = 1; round <= 4; round++) {
      cluster.server.watches((watch) => watch.end());
      await cluster.settle(() => expect(operations()).toHaveLength(round));
      await cluster.settleEqual();
    }
    expect(cluster.errors.every((error) => error.includes('ended the watch at once'))).toBe(true);
  });

  test.each<[string, () => void]>([
    ['is dropped in the middle of an object', () => cluster.server.watches((watch) => watch.drop())],
    ['closes quietly', () => cluster.server.watches((watch) => watch.end())],
    ['goes silent', () => cluster.server.watches((watch) => watch.stall())],
    ['says 410 in an event', () => cluster.server.watches((watch) => watch.expire())],
    ['sends no JSON', () => cluster.server.watches((watch) => watch.garble())],
    [
      'loses its history',
      () => {
        cluster.put('lost');
        cluster.server.store.compact();
        cluster.server.watches((watch) => watch.drop());
      },
    ],
    [
      'is refused with 410, 429, 500, broken off, and left hanging',
      () => {
        cluster.server.fail(
          { on: 'watch', answer: { status: 410 } },
          { on: 'watch', answer: { status: 429, retryAfterSeconds: 1 } },
          { on: 'watch', answer: { status: 500 } },
          { on: 'list', answer: { status: 500 } },
          { on: 'page', answer: 'drop' },
          { on: 'watch', answer: 'drop' },
        );
        cluster.server.watches((watch) => watch.drop());
      },
    ],
    [
      'cannot begin, again and again',
      () => {
        cluster.server.fail(...Array.from({ length: 7 }, () => ({ on: 'watch', answer: { status: 504 } }) as const));
        cluster.server.watches((watch) => watch.end());
      },
    ],
    [
      'cuts its bytes anywhere, and repeats events',
      () => {
        cluster.server.delivery = { duplicates: true, pieceBytes: 7 };
      },
    ],
    [
      'sends events out of order',
      () => {
        cluster.server.delivery = { reorders: true };
      },
    ],
  ])('equals a fresh list after a watch %s', async (_, misbehave) => {
    misbehave();
    cluster.put('a', 'ü');
    cluster.delete('b');
    cluster.put('b');
    await cluster.settleEqual();
    cluster.delete('a');
    await cluster.settleEqual();
  });
});
