/**
 * A server connection between a client that sends any frames and a service that does anything an exchange allows, in any
 * order. Whatever happens: nothing throws, every exchange that began ends exactly once, the client is never sent more
 * than its windows, what it gets of a body is the beginning of what was sent, and nothing is held in the end.
 */
import { Duplex } from 'node:stream';
import { DeadlineSweeper } from '@heddle/runtime';
import { FakeClock } from '@heddle/testkit';
import { HeaderList } from '@heddle/wire';
import { clientPreface, defaultWindowBytes, FrameType, Http2Event, Http2FrameDecoder } from '@heddle/wire/http2';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { aborts } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { HttpService, UpstreamStream } from '../http/stream.ts';
import { queuedOfProcess } from './output.ts';
import { Http2ServerConnection } from './server-connection.ts';
import { frame, getBlock, limitsWith, postBlock, setting, uint32 } from './testing.ts';

const { data, headers, rstStream, settings, ping, goaway, windowUpdate, priority } = FrameType;

type Step =
  | { readonly kind: 'frame'; readonly bytes: Buffer }
  /** A new stream with the next id. */
  | { readonly kind: 'open'; readonly isPost: boolean }
  /** A frame on one of the last streams. */
  | { readonly kind: 'on'; readonly back: number; readonly isWild: boolean; readonly make: (id: number) => Buffer }
  | { readonly kind: 'exchange'; readonly which: number; readonly act: (exchange: Exchange) => void }
  | {
      readonly kind: 'connection';
      readonly isMeant: boolean;
      readonly act: (connection: Http2ServerConnection) => void;
    }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'tick' };

const bodyOf = (length: number): Buffer => Buffer.alloc(length, 'b');

const respond =
  (hasBody: boolean) =>
  (exchange: Exchange): void => {
    if (exchange.isResponseStarted) return;
    exchange.response.status = 200;
    exchange.response.hasBody = hasBody;
    exchange.onResponseHead();
  };
const sendBody =
  (length: number) =>
  (exchange: Exchange): void => {
    if (exchange.isResponseStarted) exchange.onResponseData(bodyOf(length));
  };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('open' as const), isPost: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('on' as const),
      back: fc.nat(3),
      isWild: fc.nat(30).map((n) => n === 0),
      make: fc.oneof(
        fc.tuple(fc.nat(3000), fc.boolean()).map(
          ([size, isEnd]) =>
            (id: number) =>
              frame(data, isEnd ? 1 : 0, id, bodyOf(size)),
        ),
        fc.nat(40_000).map((increment) => (id: number) => frame(windowUpdate, 0, id, uint32(increment))),
        fc.constant((id: number) => frame(rstStream, 0, id, uint32(8))),
        fc.constant((id: number) => frame(headers, 5, id, Buffer.from('200001780179', 'hex'))),
        fc.constant((id: number) => frame(priority, 0, id, '12345')),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('frame' as const),
      bytes: fc.oneof(
        {
          weight: 12,
          arbitrary: fc
            .integer({ min: 1, max: 50_000 })
            .map((increment) => frame(windowUpdate, 0, 0, uint32(increment))),
        },
        fc.constant(frame(settings, 1, 0)),
        fc.constant(frame(ping, 0, 0, '01234567')),
        fc.constant(frame(ping, 1, 0, 'hdldrain')),
        fc.constant(frame(goaway, 0, 0, '01234567')),
        fc.integer({ min: 0, max: 20_000 }).map((size) => frame(settings, 0, 0, setting(4, defaultWindowBytes + size))),
        fc
          .tuple(fc.nat(11), fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 20 }))
          .map(([type, flags, id, payload]) =>
            // Not settings and not windows: the test would have to follow them.
            frame(type === settings || type === windowUpdate ? 0x20 : type, flags, id, Buffer.from(payload)),
          ),
      ),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('exchange' as const),
      which: fc.nat(5),
      act: fc.oneof(
        fc.boolean().map(respond),
        {
          weight: 4,
          arbitrary: fc.integer({ min: 1, max: 60_000 }).map((length) => (exchange: Exchange) => {
            respond(true)(exchange);
            sendBody(length)(exchange);
          }),
        },
        fc.constant((exchange: Exchange) => exchange.isResponseStarted && exchange.onResponseEnd(undefined)),
        fc.constant(
          (exchange: Exchange) => exchange.isResponseStarted && exchange.onResponseEnd(HeaderList.from([['t', 'u']])),
        ),
        fc.constant((exchange: Exchange) => exchange.onRequestAccepted(100)),
        fc.constant((exchange: Exchange) => exchange.abort(aborts.revoked)),
        fc.constant((exchange: Exchange) => exchange.onInformational(103, new HeaderList())),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('connection' as const),
      isMeant: fc.nat(9).map((n) => n === 0),
      act: fc.constantFrom(
        (connection: Http2ServerConnection) => connection.drain(),
        (connection: Http2ServerConnection) => connection.destroy(aborts.drain),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(3000) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'tick' as const }) },
);

/** The client: keeps the windows it gave and what it got. */
class Client {
  readonly given = new Map<number, number>();
  readonly got = new Map<number, number>();
  initial: number = defaultWindowBytes;
  readonly #decoder = new Http2FrameDecoder(false);
  readonly #open = new Set<number>();

  /** Whether the client has opened the stream and neither ended nor reset it. */
  mayStillSend(id: number): boolean {
    return this.#open.has(id);
  }

  /** Follows what is sent to the server, frame by frame. */
  sends(bytes: Buffer): void {
    const decoder = new Http2FrameDecoder(false);
    decoder.push(Buffer.concat([frame(settings, 0, 0), bytes]));
    decoder.next();
    for (
      let event = decoder.next();
      event !== Http2Event.needMore && event !== Http2Event.error;
      event = decoder.next()
    ) {
      const { streamId, isEndStream } = decoder;
      if (event === Http2Event.headers) this.#open.add(streamId);
      if (isEndStream || event === Http2Event.rstStream) this.#open.delete(streamId);
      if (event === Http2Event.windowUpdate) this.#give(decoder.streamId, decoder.increment);
      if (event === Http2Event.settings && decoder.end > decoder.start) {
        // Raised or lowered against what it was: no bound is followed below the highest.
        this.initial = Math.max(this.initial, decoder.bytes.readUInt32BE(decoder.start + 2));
      }
    }
  }

  #give(id: number, increment: number): void {
    this.given.set(id, (this.given.get(id) ?? 0) + increment);
  }

  gets(bytes: Buffer): void {
    const decoder = this.#decoder;
    decoder.push(bytes);
    for (let event = decoder.next(); event !== Http2Event.needMore; event = decoder.next()) {
      expect(decoder.fault).toBeUndefined();
      if (event !== Http2Event.data) continue;
      const { streamId, start, end } = decoder;
      expect(decoder.bytes.subarray(start, end).equals(bodyOf(end - start))).toBe(true);
      for (const id of [streamId, 0]) this.got.set(id, (this.got.get(id) ?? 0) + end - start);
      expect(this.got.get(streamId)).toBeLessThanOrEqual(this.initial + (this.given.get(streamId) ?? 0));
      expect(this.got.get(0)).toBeLessThanOrEqual(defaultWindowBytes + (this.given.get(0) ?? 0));
    }
  }
}

const stub: UpstreamStream = {
  sendData: () => undefined,
  sendEnd: () => undefined,
  abort: () => undefined,
  credit: () => undefined,
};

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const run = async (steps: readonly Step[]): Promise<void> => {
  const clock = new FakeClock();
  const client = new Client();
  const heldBefore = queuedOfProcess.bytes;
  let failure: unknown;
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      try {
        client.gets(chunk);
      } catch (error) {
        failure ??= error;
      }
      done();
    },
  });
  let begun = 0;
  let finished = 0;
  let closed = 0;
  const exchanges: Exchange[] = [];
  const service: HttpService = {
    handle: (exchange) => {
      begun++;
      exchange.attach(stub);
      if (!exchanges.includes(exchange)) exchanges.push(exchange);
    },
    responded: () => undefined,
    failed: () => undefined,
    overdue: () => undefined,
    finished: () => void finished++,
  };
  const connection = new Http2ServerConnection({
    socket,
    clock,
    sweeper: new DeadlineSweeper(clock, 250),
    limits: limitsWith({
      http2: { maxConcurrentStreams: 4, maxQueuedBytes: 50_000, maxResetsPerSecond: 2, maxControlFramesPerSecond: 5 },
    }),
    service,
    onClose: () => void closed++,
  });
  const send = (bytes: Buffer): void => {
    client.sends(bytes);
    socket.push(bytes);
  };
  socket.push(Buffer.concat([clientPreface, frame(settings, 0, 0)]));
  let lastId = -1;
  for (const each of steps) {
    if (each.kind === 'frame') send(each.bytes);
    else if (each.kind === 'open') {
      lastId += 2;
      send(frame(headers, each.isPost ? 4 : 5, lastId, each.isPost ? postBlock : getBlock));
    } else if (each.kind === 'on') {
      const id = Math.max(1, lastId - 2 * each.back);
      if (client.mayStillSend(id) || each.isWild) send(each.make(id));
    } else if (each.kind === 'exchange') {
      const exchange = exchanges[each.which % Math.max(1, exchanges.length)];
      if (exchange?.isOpen === true) each.act(exchange);
    } else if (each.kind === 'connection') {
      if (each.isMeant) each.act(connection);
    } else if (each.kind === 'time') clock.advance(each.ms);
    else await tick();
  }
  await tick();
  expect(begun - finished).toBe(exchanges.filter(({ isOpen }) => isOpen).length);
  connection.destroy(aborts.drain);
  await tick();
  expect([finished, closed, connection.openExchanges, clock.pendingTimers]).toEqual([begun, 1, 0, 0]);
  if (failure !== undefined) throw failure;
  expect(queuedOfProcess.bytes).toBe(heldBefore);
};

test('any frames and any answers', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 100, size: 'max' }), run), { numRuns: 300 });
});
