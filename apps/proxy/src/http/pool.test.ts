import { describe, expect, test } from 'vitest';
import { type AbortCause, aborts } from './abort.ts';
import { Exchange } from './exchange.ts';
import { AbortError, ConnectionPool, type PooledCallbacks } from './pool.ts';
import type { ClientConnection } from './stream.ts';

/** A connection that takes exchanges up to its room and gives it back when told. */
class FakeConnection implements ClientConnection {
  readonly opened: Exchange[] = [];
  readonly #callbacks: PooledCallbacks;
  #room: number;
  isSpent = false;
  isDraining = false;

  constructor(callbacks: PooledCallbacks, room: number) {
    this.#callbacks = callbacks;
    this.#room = room;
  }

  get capacity(): number {
    return this.isSpent ? 0 : this.#room;
  }

  get openExchanges(): number {
    return this.opened.length;
  }

  open(exchange: Exchange): void {
    this.opened.push(exchange);
    this.#room -= 1;
  }

  finish(): void {
    this.opened.shift();
    this.#room += 1;
    if (this.#room === 1) this.#callbacks.onCapacity();
  }

  spend(): void {
    this.isSpent = true;
    this.#callbacks.onCapacity();
  }

  drain(): void {
    this.isDraining = true;
  }

  destroy(): void {}
}

const setUp = (options: { room?: number; maxWaiting?: number; maxConnections?: number } = {}) => {
  const { room = 1, maxWaiting = 100, maxConnections = 100 } = options;
  const connections: FakeConnection[] = [];
  const failures: string[] = [];
  let refuse: AbortCause | undefined;
  const pool = new ConnectionPool({
    exchangesPerConnection: room,
    maxConnections,
    maxWaiting,
    connect: async (callbacks) => {
      await Promise.resolve();
      if (refuse !== undefined) throw new AbortError(refuse);
      const connection = new FakeConnection(callbacks, room);
      connections.push(connection);
      return connection;
    },
  });
  const exchange = (): Exchange => {
    const nothing = (): void => {};
    const made = new Exchange(
      {
        sendInformational: nothing,
        sendHead: nothing,
        closeConnection: nothing,
        sendData: nothing,
        sendEnd: nothing,
        abort: nothing,
        credit: nothing,
      },
      {
        handle: nothing,
        responded: nothing,
        failed: (_exchange, cause) => failures.push(cause.kind),
        overdue: nothing,
        finished: nothing,
      },
    );
    made.begin(0);
    return made;
  };
  return {
    pool,
    connections,
    failures,
    exchange,
    refuseConnects: (cause: AbortCause | undefined) => {
      refuse = cause;
    },
  };
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a pool', () => {
  test('connects for those who wait and uses connections again, the last used first', async () => {
    const { pool, connections, exchange } = setUp();
    pool.dispatch(exchange());
    pool.dispatch(exchange());
    await settle();
    expect(connections.map((each) => each.opened.length)).toEqual([1, 1]);
    connections[0]?.finish();
    connections[1]?.finish();
    pool.dispatch(exchange());
    expect(connections.map((each) => each.opened.length)).toEqual([0, 1]);
    expect(connections).toHaveLength(2);
  });

  test('puts many exchanges on a connection that takes many', async () => {
    const { pool, connections, exchange } = setUp({ room: 10 });
    for (let i = 0; i < 10; i += 1) pool.dispatch(exchange());
    await settle();
    expect(connections.map((each) => each.opened.length)).toEqual([10]);
  });

  test('a connection that ends while exchanges wait is replaced', async () => {
    const { pool, connections, exchange } = setUp({ maxConnections: 1 });
    pool.dispatch(exchange());
    await settle();
    pool.dispatch(exchange());
    connections[0]?.spend();
    await settle();
    expect(connections).toHaveLength(2);
    expect(connections[1]?.opened).toHaveLength(1);
  });

  test('a failed connect fails those who waited for it, with its cause', async () => {
    const { pool, failures, exchange, refuseConnects } = setUp();
    refuseConnects(aborts.connectTimeout);
    pool.dispatch(exchange());
    pool.dispatch(exchange());
    await settle();
    expect(failures).toEqual(['connect-timeout', 'connect-timeout']);
    expect(pool.isIdle).toBe(true);
  });

  test('an exchange whose client left while it waited is skipped', async () => {
    const { pool, connections, exchange } = setUp();
    const gone = exchange();
    pool.dispatch(gone);
    gone.onRequestAborted(aborts.clientGone);
    await settle();
    expect(connections[0]?.opened).toEqual([]);
  });

  test('sheds what would wait beyond its bound', () => {
    const { pool, failures, exchange } = setUp({ maxWaiting: 1 });
    pool.dispatch(exchange());
    pool.dispatch(exchange());
    expect(failures).toEqual(['overloaded']);
  });

  test('closed, it drains what is open and refuses what comes', async () => {
    const { pool, connections, failures, exchange } = setUp();
    pool.dispatch(exchange());
    await settle();
    pool.close();
    pool.dispatch(exchange());
    expect(connections[0]?.isDraining).toBe(true);
    expect(failures).toEqual(['overloaded']);
  });
});

test('requests reset at once (rapid reset) do not each cost a connection', async () => {
  const { pool, connections, exchange } = setUp();
  const steady = exchange();
  pool.dispatch(steady);
  for (let count = 0; count < 50; count += 1) {
    const reset = exchange();
    pool.dispatch(reset);
    reset.onRequestAborted(aborts.clientGone);
  }
  await settle();
  expect(connections.flatMap(({ opened }) => opened)).toEqual([steady]);
  expect(connections.length).toBeLessThan(5);
});
