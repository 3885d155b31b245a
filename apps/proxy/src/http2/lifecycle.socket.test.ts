/** Settings, windows, leaving, time: what the connections do over their life, seen frame by frame. */
import { eventually } from '@heddle/testkit';
import { ErrorCode, FrameType } from '@heddle/wire/http2';
import { afterEach, describe, expect, test } from 'vitest';
import { queuedOfProcess } from './output.ts';
import {
  Disposals,
  FramePeer,
  frame,
  getBlock,
  okBlock,
  type ProxyOptions,
  postBlock,
  rawServer,
  setting,
  startProxy,
  type TestProxy,
  uint32,
} from './testing.ts';

const disposals = new Disposals();
afterEach(async () => {
  await disposals.run();
  await eventually(() => expect(queuedOfProcess.bytes).toBe(0));
});

const { data, headers, rstStream, settings, ping, goaway, windowUpdate } = FrameType;
const endStream = 1;
const endHeaders = 4;
const ack = frame(settings, 1, 0);

const get = (id: number): Buffer => frame(headers, endHeaders | endStream, id, getBlock);
const post = (id: number): Buffer => frame(headers, endHeaders, id, postBlock);
const ok = (id: number, flags = 0): Buffer => frame(headers, endHeaders | flags, id, okBlock);
const goawayWith = (lastStreamId: number, code = 0): Buffer =>
  frame(goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)]));

const isType =
  (type: string, streamId?: number) =>
  (seen: { readonly type: string; readonly streamId: number }): boolean =>
    seen.type === type && (streamId === undefined || seen.streamId === streamId);

interface Setup {
  readonly proxy: TestProxy;
  readonly client: FramePeer;
  readonly next: () => Promise<FramePeer>;
}

const setUp = async (options: ProxyOptions = {}): Promise<Setup> => {
  const { port, next } = await rawServer(disposals);
  const proxy = await startProxy(port, disposals, options);
  return { proxy, client: await FramePeer.connect(proxy.port, disposals), next };
};

/** Opens the streams of `ids` by GET and returns the server that got them. */
const opened = async ({ client, next }: Setup, ...ids: readonly number[]): Promise<FramePeer> => {
  client.send(...ids.map(get));
  const server = await next();
  server.send(frame(settings, 0, 0));
  await server.until('requests', isType('headers', 2 * ids.length - 1));
  return server;
};

describe('the beginning', () => {
  test('each side announces what it takes and acknowledges what it is told', async () => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    await setup.client.until('acknowledgement', isType('ack'));
    await server.until('acknowledgement', isType('ack'));
    const announced = (peer: FramePeer): string | undefined =>
      peer.seen.find(isType('settings'))?.bytes.toString('hex');
    expect(announced(setup.client)).toBe('00010000000000030000040000040000ffff000600010000');
    expect(announced(server)).toBe('00010000000000020000000000040000ffff000600010000');
    expect(server.seen.find(isType('window', 0))?.number).toBe(1024 * 1024 - 65_535);
  });

  test('our first block gives the dynamic table up, and the next one after the peer changed its size', async () => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    const raw: Buffer[] = [];
    setup.client.socket.on('data', (chunk: Buffer) => raw.push(chunk));
    server.send(ok(1, endStream));
    await setup.client.until('answer', isType('headers', 1));
    setup.client.send(get(3), frame(settings, 0, 0, setting(1, 100)), get(5));
    await server.until('third request', isType('headers', 5));
    server.send(ok(3, endStream), ok(5, endStream));
    await setup.client.until('third answer', isType('headers', 5));
    const blocks = Buffer.concat(raw)
      .toString('hex')
      .match(/0105000000(01|03|05)(2088|88)/g);
    expect(blocks).toEqual(['0105000000012088', '0105000000032088', '01050000000588']);
  });

  test('PING is answered with its own octets', async () => {
    const { client } = await setUp();
    client.send(frame(ping, 0, 0, 'abcdefgh'));
    expect((await client.until('answer', isType('pong'))).bytes.toString()).toBe('abcdefgh');
  });
});

describe('windows', () => {
  test('DATA stops at the window of the stream and goes on with it', async () => {
    const setup = await setUp();
    const { client } = setup;
    client.send(frame(settings, 0, 0, setting(4, 10)));
    const server = await opened(setup, 1);
    server.send(ok(1), frame(data, endStream, 1, '0123456789abcdefghij'));
    await client.until('first part', () => client.bodyOf(1).toString() === '0123456789');
    client.send(frame(windowUpdate, 0, 1, uint32(4)));
    await client.until('second part', () => client.bodyOf(1).toString() === '0123456789abcd');
    client.send(frame(settings, 0, 0, setting(4, 100)));
    const last = await client.until('end', ({ isEndStream }) => isEndStream);
    expect(client.bodyOf(1).toString()).toBe('0123456789abcdefghij');
    expect(last.type).toBe('data');
  });

  test('a window that SETTINGS made negative must be filled up first', async () => {
    const setup = await setUp();
    const { client } = setup;
    client.send(frame(settings, 0, 0, setting(4, 10)));
    const server = await opened(setup, 1);
    server.send(ok(1), frame(data, 0, 1, '0123456789'));
    await client.until('all of the window', () => client.bodyOf(1).length === 10);
    client.send(frame(settings, 0, 0, setting(4, 5)));
    server.send(frame(data, endStream, 1, 'abc'));
    client.send(frame(windowUpdate, 0, 1, uint32(5)), frame(ping, 0, 0, '01234567'));
    await client.until('PING answer', isType('pong'));
    expect(client.bodyOf(1).length).toBe(10);
    client.send(frame(windowUpdate, 0, 1, uint32(3)));
    await client.until('the rest', () => client.bodyOf(1).toString() === '0123456789abc');
  });

  test('the connection window is shared in turns', async () => {
    const setup = await setUp();
    const { client } = setup;
    client.send(frame(settings, 0, 0, setting(4, 1 << 20)));
    const server = await opened(setup, 1, 3);
    const body = Buffer.alloc(16_000, 'x');
    server.send(ok(1), ok(3), ...Array.from({ length: 4 }, () => frame(data, 0, 1, body)), frame(data, 0, 3, body));
    await client.until('all of the window', () => client.bodyOf(1).length + client.bodyOf(3).length === 65_535);
    server.send(frame(data, endStream, 3, body), frame(ping, 0, 0, '01234567'));
    await server.until('PING answer', isType('pong'));
    client.send(frame(windowUpdate, 0, 0, uint32(100_000)));
    await client.until('the other stream', ({ streamId, isEndStream }) => streamId === 3 && isEndStream);
    await client.until('everything', () => client.bodyOf(1).length === 4 * 16_000);
  });

  test('stream credit returns when the other side has taken the bytes; connection credit at once', async () => {
    const setup = await setUp();
    const { client } = setup;
    client.send(post(1), ...Array.from({ length: 3 }, () => frame(data, 0, 1, Buffer.alloc(16_384))));
    const server = await setup.next();
    // A server whose streams take nothing: what the client sends stays here.
    server.send(frame(settings, 0, 0, setting(4, 0)));
    await server.until('acknowledgement', isType('ack'));
    client.send(frame(data, 0, 1, Buffer.alloc(16_000)), frame(ping, 0, 0, '01234567'));
    await client.until('PING answer', isType('pong'));
    const before = client.seen.filter(isType('window', 1)).reduce((sum, { number }) => sum + number, 0);
    const sent = server.bodyOf(1).length;
    expect(before).toBeLessThanOrEqual(sent);
    server.send(frame(windowUpdate, 0, 1, uint32(200_000)));
    await server.until('the rest', () => server.bodyOf(1).length === 3 * 16_384 + 16_000);
    await client.until(
      'credit',
      ({ type, streamId, number }) => type === 'window' && streamId === 1 && number > 30_000,
    );
  });

  test('one stalled reader among 100 streams stops nobody, and what is held for it is bounded', async () => {
    const setup = await setUp();
    const { client, proxy } = setup;
    client.send(frame(settings, 0, 0, setting(4, 1000)), frame(windowUpdate, 0, 0, uint32(1 << 30)));
    const ids = Array.from({ length: 100 }, (_, i) => 2 * i + 1);
    const server = await opened(setup, ...ids);
    const chunk = Buffer.alloc(16_000, 'y');
    server.send(ok(1), ...Array.from({ length: 4 }, () => frame(data, 0, 1, chunk)));
    server.send(
      ...ids.slice(1).flatMap((id) => [ok(id), frame(data, 0, id, chunk), frame(data, endStream, id, chunk)]),
    );
    client.send(...ids.slice(1).map((id) => frame(windowUpdate, 0, id, uint32(100_000))));
    await client.until('99 ends', () => client.seen.filter(({ isEndStream }) => isEndStream).length === 99);
    expect(client.bodyOf(1).length).toBe(1000);
    for (const id of ids.slice(1)) expect(client.bodyOf(id).length).toBe(32_000);
    // The server has had no more credit for the stalled stream than what went out.
    const credit = server.seen.filter(isType('window', 1)).reduce((sum, { number }) => sum + number, 0);
    expect(credit).toBeLessThanOrEqual(1000);
    expect([proxy.servers[0]?.openExchanges, proxy.clients[0]?.openExchanges]).toEqual([1, 1]);
  });
});

describe('streams', () => {
  test('no more are opened than the server takes; the rest wait their turn', async () => {
    const setup = await setUp();
    setup.client.send(get(1));
    const server = await setup.next();
    server.send(frame(settings, 0, 0, setting(3, 2)));
    await server.until('acknowledgement', isType('ack'));
    setup.client.send(get(3), get(5), get(7));
    await server.until('two requests', isType('headers', 3));
    expect(setup.proxy.clients[0]?.capacity).toBe(0);
    server.send(ok(1, endStream));
    await server.until('the third', isType('headers', 5));
    expect(server.seen.filter(isType('headers'))).toHaveLength(3);
  });

  test.each([
    ['a reset', 0xb, 'reset', 0xb],
    ['a refusal, which may be repeated', ErrorCode.refusedStream, 'refused', ErrorCode.refusedStream],
    ['a reset without an error', ErrorCode.noError, 'reset', ErrorCode.noError],
  ])('%s of the server goes on to the client', async (_name, code, kind, seen) => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    server.send(frame(rstStream, 0, 1, uint32(code)));
    expect((await setup.client.until('reset', isType('rst', 1))).number).toBe(seen);
    expect(setup.proxy.failures.map((cause) => cause.kind)).toEqual([kind]);
  });

  test('a client that gives up cancels upstream', async () => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    setup.client.send(frame(rstStream, 0, 1, uint32(ErrorCode.cancel)));
    expect((await server.until('reset', isType('rst', 1))).number).toBe(ErrorCode.cancel);
    expect(setup.proxy.finished.count).toBe(1);
  });

  test('CONNECT opens a tunnel whose ends are half-closes', async () => {
    const setup = await setUp();
    const { client } = setup;
    client.send(frame(headers, endHeaders, 1, Buffer.from('0207434f4e4e4543540104683a3830', 'hex')));
    const server = await setup.next();
    const request = await server.until('CONNECT', isType('headers', 1));
    expect([...request.fields]).toEqual([
      [':method', 'CONNECT'],
      [':authority', 'h:80'],
    ]);
    server.send(frame(settings, 0, 0), ok(1), frame(data, endStream, 1, 'from the server'));
    await client.until('end', ({ isEndStream }) => isEndStream);
    client.send(frame(data, 0, 1, 'from the'), frame(data, endStream, 1, ' client'));
    await server.until('end', ({ isEndStream }) => isEndStream);
    expect([client.bodyOf(1).toString(), server.bodyOf(1).toString()]).toEqual(['from the server', 'from the client']);
    await eventually(() => expect(setup.proxy.finished.count).toBe(1));
  });

  test('the end rides on the last DATA frame', async () => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    server.send(ok(1), frame(data, 0, 1, 'body'), frame(data, endStream, 1));
    await setup.client.until('end', ({ isEndStream }) => isEndStream);
    expect(
      setup.client.seen.filter(isType('data')).map(({ bytes, isEndStream }) => [bytes.toString(), isEndStream]),
    ).toEqual([['body', true]]);
  });
});

describe('leaving', () => {
  test('a server drains: one GOAWAY that takes all, one that names the last, then the end', async () => {
    const setup = await setUp();
    const { client, proxy } = setup;
    const server = await opened(setup, 1);
    proxy.servers[0]?.drain();
    proxy.servers[0]?.drain();
    const first = await client.until('GOAWAY', isType('goaway'));
    expect([first.streamId, first.number]).toEqual([0x7fff_ffff, ErrorCode.noError]);
    const probe = await client.until('PING', isType('ping'));
    client.send(get(3), frame(ping, 1, 0, probe.bytes));
    const second = await client.until('second GOAWAY', isType('goaway', 3));
    expect(second.number).toBe(ErrorCode.noError);
    client.send(get(5));
    await server.until('second request', isType('headers', 3));
    server.send(ok(1, endStream), ok(3, endStream));
    await client.until('last answer', isType('headers', 3));
    await client.untilClosed();
    await eventually(() => expect(proxy.closed).toEqual(['server: drained']));
    expect(server.seen.some(isType('headers', 5))).toBe(false);
  });

  test('a server that drains does not wait for PING for ever', async () => {
    const { client, proxy } = await setUp();
    await client.until('SETTINGS', isType('settings'));
    proxy.servers[0]?.drain();
    proxy.clock.advance(1500);
    await client.untilClosed();
    expect(client.seen.filter(isType('goaway')).map(({ streamId }) => streamId)).toEqual([0x7fff_ffff, 0]);
  });

  test('streams that a GOAWAY does not name are refused, so that they can be repeated; others go on', async () => {
    const setup = await setUp();
    const { client, proxy } = setup;
    const server = await opened(setup, 1, 3, 5);
    server.send(goawayWith(3));
    await client.until('reset', isType('rst', 5));
    expect(proxy.failures.map(({ kind }) => kind)).toEqual(['refused']);
    client.send(get(7));
    const second = await setup.next();
    await second.until('request on another connection', isType('headers', 1));
    server.send(ok(1, endStream), ok(3, endStream));
    await client.until('answer', isType('headers', 3));
    await server.untilClosed();
    await eventually(() => expect(proxy.closed).toEqual(['client: drained']));
  });

  test('a client connection drains: open exchanges end first', async () => {
    const setup = await setUp();
    const server = await opened(setup, 1);
    const upstream = setup.proxy.clients[0];
    upstream?.drain();
    expect([upstream?.capacity, upstream?.isSpent]).toEqual([0, true]);
    server.send(ok(1, endStream));
    await setup.client.until('answer', isType('headers', 1));
    await server.until('GOAWAY', isType('goaway'));
    await server.untilClosed();
  });

  test('a failed request does not cost the other streams their connection', async () => {
    const { client } = await setUp({
      handle: (exchange) => {
        exchange.response.status = 502;
        exchange.response.contentLength = 0;
        exchange.downstream.closeConnection();
        exchange.answer();
        return true;
      },
    });
    client.send(get(1));
    expect((await client.until('answer', isType('headers', 1))).fields.get(':status')).toBe('502');
    client.send(get(3));
    expect((await client.until('answer', isType('headers', 3))).fields.get(':status')).toBe('502');
    expect(client.seen.filter(isType('goaway'))).toEqual([]);
  });
});

describe('time', () => {
  const keepAlive: ProxyOptions = { upstreamLimits: { http2: { keepAlive: { intervalMs: 10_000, timeoutMs: 3000 } } } };

  test('a silent server is asked by PING; one that does not answer is given up', async () => {
    const setup = await setUp(keepAlive);
    setup.client.send(ack);
    const server = await opened(setup, 1);
    server.send(ack, frame(ping, 0, 0, '01234567'));
    await server.until('PING answer', isType('pong'));
    for (let round = 0; round < 3; round++) {
      setup.proxy.clock.advance(10_250);
      const asked = await server.until('PING', () => server.seen.filter(isType('ping')).length === round + 1);
      expect(asked).toBeDefined();
      server.send(frame(ping, 1, 0, server.seen.findLast(isType('ping'))?.bytes), frame(ping, 0, 0, `round  ${round}`));
      await server.until('pong', ({ type, bytes }) => type === 'pong' && bytes.toString() === `round  ${round}`);
    }
    setup.proxy.clock.advance(10_250);
    await server.until('PING', () => server.seen.filter(isType('ping')).length === 4);
    setup.proxy.clock.advance(3250);
    await server.untilClosed();
    expect((await setup.client.until('answer', isType('headers', 1))).fields.get(':status')).toBe('502');
    await eventually(() => expect(setup.proxy.closed).toContain('client: the peer does not answer PING'));
  });

  test.each<[name: string, advanceMs: number, reason: string, code: number, frames: Buffer[]]>([
    ['SETTINGS are not acknowledged', 10_500, 'settings-timeout', ErrorCode.settingsTimeout, []],
    ['half a frame', 10_500, 'frame-timeout', ErrorCode.enhanceYourCalm, [ack, get(1).subarray(0, 12)]],
    [
      'a header block without its end',
      10_500,
      'frame-timeout',
      ErrorCode.enhanceYourCalm,
      [ack, frame(headers, 0, 1, getBlock)],
    ],
  ])('%s for too long', async (_name, advanceMs, reason, code, frames) => {
    const { client, proxy } = await setUp({ handle: () => true });
    client.send(frame(ping, 0, 0, '01234567'), ...frames);
    await client.until('PING answer', isType('pong'));
    proxy.clock.advance(advanceMs);
    expect((await client.until('GOAWAY', isType('goaway'))).number).toBe(code);
    await client.untilClosed();
    await eventually(() => expect(proxy.closed[0]).toContain(`server: ${reason}:`));
  });

  test('a header block that is dripped octet by octet has one deadline', async () => {
    const { client, proxy } = await setUp({ handle: () => true });
    client.send(ack, frame(ping, 0, 0, '01234567'));
    await client.until('PING answer', isType('pong'));
    const drip = get(1);
    for (let i = 0; i < 11; i++) {
      client.send(drip.subarray(i, i + 1));
      await new Promise((resolve) => setImmediate(resolve));
      proxy.clock.advance(1000);
    }
    expect((await client.until('GOAWAY', isType('goaway'))).number).toBe(ErrorCode.enhanceYourCalm);
  });

  test('an idle connection is drained; one with an open exchange is not', async () => {
    const { client, proxy } = await setUp({ handle: () => true, limits: { idleTimeoutMs: 60_000 } });
    const busy = await FramePeer.connect(proxy.port, disposals);
    client.send(ack, frame(ping, 0, 0, '01234567'));
    busy.send(ack, get(1), frame(ping, 0, 0, '01234567'));
    await Promise.all([client.until('PING answer', isType('pong')), busy.until('PING answer', isType('pong'))]);
    proxy.clock.advance(61_500);
    await client.untilClosed();
    expect(client.seen.filter(isType('goaway')).map(({ number }) => number)).toEqual([0, 0]);
    expect(busy.seen.some(isType('goaway'))).toBe(false);
  });

  test('a stream whose reader takes nothing is given up; its connection goes on', async () => {
    const setup = await setUp({ limits: { stalledTimeoutMs: 30_000 } });
    const { client, proxy } = setup;
    client.send(frame(settings, 0, 0, setting(4, 5)), ack);
    const server = await opened(setup, 1);
    server.send(ack, ok(1), frame(data, 0, 1, '0123456789'));
    await client.until('first part', () => client.bodyOf(1).length === 5);
    proxy.clock.advance(31_000);
    expect((await client.until('reset', isType('rst', 1))).number).toBe(ErrorCode.cancel);
    await server.until('reset', isType('rst', 1));
    expect(proxy.closed).toEqual([]);
  });

  test('an answer to HEAD that the server does not end is ended here', async () => {
    const setup = await setUp();
    const head = frame(headers, endHeaders | endStream, 1, Buffer.from('200204484541448684010168', 'hex'));
    setup.client.send(head);
    const server = await setup.next();
    await server.until('HEAD', isType('headers', 1));
    server.send(frame(settings, 0, 0), ok(1));
    expect((await setup.client.until('answer', isType('headers', 1))).isEndStream).toBe(true);
    setup.proxy.clock.advance(300);
    expect((await server.until('reset', isType('rst', 1))).number).toBe(ErrorCode.cancel);
    expect(setup.proxy.clients[0]?.openExchanges).toBe(0);
  });

  test('a server that takes nothing of a request is given up; the client learns it', async () => {
    const setup = await setUp({ limits: { stalledTimeoutMs: 30_000 } });
    const { client, proxy } = setup;
    client.send(ack, post(1), frame(data, 0, 1, Buffer.alloc(16_000)));
    const server = await setup.next();
    server.send(frame(settings, 0, 0, setting(4, 0)), ack);
    await server.until('acknowledgement', isType('ack'));
    client.send(frame(data, 0, 1, Buffer.alloc(10)), frame(ping, 0, 0, '01234567'));
    await client.until('PING answer', isType('pong'));
    proxy.clock.advance(31_000);
    await server.until('reset', isType('rst', 1));
    expect((await client.until('answer', isType('headers', 1))).fields.get(':status')).toBe('504');
    expect(proxy.failures.map(({ kind }) => kind)).toEqual(['timeout']);
  });
});
