import { describe, expect, test } from 'vitest';
import { HeaderList } from '../header-list.ts';
import { Http1Event } from './event.ts';
import { defaultHttp1Limits } from './limits.ts';
import { RequestDecoder } from './request-decoder.ts';
import corpus from './testdata/requests.json' with { type: 'json' };
import { type Finding, findings, summary } from './testing.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const octetByOctet = (bytes: Buffer): Buffer[] => Array.from(bytes, (octet) => Buffer.from([octet]));
const decode = (text: string, limits = {}): Finding[] => findings(new RequestDecoder(limits), [bytesOf(text)]);
const headOf = (text: string): Readonly<Record<string, unknown>> => {
  for (const finding of decode(text)) if (finding.event === 'head') return finding.head;
  throw new Error(`no head in ${JSON.stringify(decode(text))}`);
};

describe('the corpus of well-formed, malformed and smuggled requests', () => {
  test.each(corpus)('$name', ({ input, requests, error }) => {
    const bytes = bytesOf(input);
    const expected = error === undefined ? { requests } : { requests, error };
    const whole = findings(new RequestDecoder(), [bytes]);
    expect(summary(whole)).toEqual(expected);
    expect(findings(new RequestDecoder(), octetByOctet(bytes))).toEqual(whole);
  });
});

test('a head in full', () => {
  const text =
    'POST /a?b HTTP/1.1\r\nHOST: a.example:80\r\nX-Own: 1\r\nx-own:  2 \r\nContent-Length: 2\r\n' +
    'Connection: X-Own, close\r\nExpect: 100-Continue\r\n\r\nhi';
  expect(decode(text)).toEqual([
    {
      event: 'head',
      head: {
        method: 'POST',
        target: '/a?b',
        targetForm: 'origin',
        authority: 'a.example:80',
        minorVersion: 1,
        headers: [
          ['host', 'a.example:80'],
          ['x-own', '1'],
          ['x-own', '2'],
          ['content-length', '2'],
          ['connection', 'X-Own, close'],
          ['expect', '100-Continue'],
        ],
        bodyLength: 2,
        contentLength: 2,
        isKeepAlive: false,
        nominated: ['x-own'],
        upgrade: '',
        expectsContinue: true,
      },
    },
    { event: 'body', data: 'hi' },
    { event: 'end' },
    { event: 'closed' },
  ]);
});

test.each([
  ['HTTP/1.1', '', true],
  ['HTTP/1.1', 'Connection: close', false],
  ['HTTP/1.1', 'Connection: keep-alive, CLOSE', false],
  ['HTTP/1.1', 'Connection: x, ,\r\nConnection: close', false],
  ['HTTP/1.1', 'Connection: x-close', true],
  ['HTTP/1.1', 'Connection:', true],
  ['HTTP/1.0', '', false],
  ['HTTP/1.0', 'Connection: Keep-Alive', true],
  ['HTTP/1.0', 'Connection: keep-alive, close', false],
  ['HTTP/1.0', 'Connection: close\r\nConnection: keep-alive', false],
])('%s with %j keeps the connection: %s', (version, line, isKeepAlive) => {
  const field = line === '' ? '' : `${line}\r\n`;
  expect(headOf(`GET / ${version}\r\nHost: a\r\n${field}\r\n`)['isKeepAlive']).toBe(isKeepAlive);
});

test('framing and addressing fields cannot be nominated away', () => {
  const line = 'Connection: Host, content-length, Transfer-Encoding, connection, TE, keep-alive, upgrade';
  expect(headOf(`GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`)['nominated']).toEqual(['te']);
});

test.each([
  ['/', 'a', 'origin', 'a'],
  ['//x?y#z', '[::1]:8', 'origin', '[::1]:8'],
  ['/', '', 'origin', ''],
  ['http://b.example', 'b.example', 'absolute', 'b.example'],
  ['HTTPS://b:443?x', 'B', 'absolute', 'b:443'],
  ['http://b:/', 'b:', 'absolute', 'b:'],
])('target %s with Host %j has form %s and authority %j', (target, host, targetForm, authority) => {
  expect(headOf(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatchObject({ targetForm, authority, target });
});

test.each([
  ['Connection: upgrade\r\nUpgrade: websocket', 'HTTP/1.1', 'websocket'],
  ['Connection: Upgrade, x\r\nUpgrade: a\r\nUpgrade: b', 'HTTP/1.1', 'a, b'],
  ['Upgrade: websocket', 'HTTP/1.1', ''],
  ['Connection: upgrade', 'HTTP/1.1', ''],
  ['Connection: upgrade\r\nUpgrade: websocket', 'HTTP/1.0', ''],
])('%j on %s asks for %j', (lines, version, upgrade) => {
  expect(headOf(`GET / ${version}\r\nHost: a\r\n${lines}\r\n\r\n`)['upgrade']).toBe(upgrade);
});

describe('early data after an upgrade or CONNECT', () => {
  const held = (text: string): RequestDecoder => {
    const decoder = new RequestDecoder();
    decoder.push(bytesOf(text));
    expect(decoder.next()).toBe(Http1Event.head);
    expect(decoder.next()).toBe(Http1Event.end);
    expect(decoder.next()).toBe(Http1Event.needMore);
    return decoder;
  };
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
  const early = 'GET /early HTTP/1.1\r\nHost: a\r\n\r\n';

  test.each([
    ['upgrade', upgrade],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ])('%s: belongs to the tunnel once it is granted', (_, text) => {
    const decoder = held(text + early);
    decoder.push(bytesOf('more'));
    expect(decoder.next()).toBe(Http1Event.needMore);
    decoder.startTunnel();
    expect(decoder.next()).toBe(Http1Event.tunnel);
    expect(decoder.data.toString()).toBe(early);
    expect(decoder.next()).toBe(Http1Event.tunnel);
    expect(decoder.data.toString()).toBe('more');
    decoder.finish();
    expect(decoder.next()).toBe(Http1Event.closed);
  });

  test('is the next request once it is refused', () => {
    const decoder = held(upgrade + early);
    decoder.resume();
    expect(decoder.next()).toBe(Http1Event.head);
    expect(decoder.head.target).toBe('/early');
  });

  test('resume and startTunnel do nothing when nothing is held', () => {
    const decoder = new RequestDecoder();
    decoder.startTunnel();
    decoder.resume();
    decoder.push(bytesOf(early));
    expect(decoder.next()).toBe(Http1Event.head);
  });
});

describe('limits', () => {
  const request = (target: string, ...lines: string[]): string =>
    `GET ${target} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  const errorOf = (text: string, limits = {}): string | undefined => {
    const whole = summary(decode(text, limits));
    expect(summary(findings(new RequestDecoder(limits), octetByOctet(bytesOf(text))))).toEqual(whole);
    return whole.error;
  };

  test.each([
    ['a start line of the limit', request('/'.padEnd(91, 'x')), { maxStartLineBytes: 104 }, undefined],
    ['a longer start line', request('/'.padEnd(92, 'x')), { maxStartLineBytes: 104 }, 'start-line-too-long'],
    ['an endless start line', 'GET /'.padEnd(400, 'x'), { maxStartLineBytes: 104 }, 'start-line-too-long'],
    ['a head of the limit', request('/', 'X: 1'), { maxHeadBytes: 33 }, undefined],
    ['a larger head', request('/', 'X: 12'), { maxHeadBytes: 33 }, 'head-too-large'],
    ['an endless head', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(99)}`, { maxHeadBytes: 99 }, 'head-too-large'],
    ['an endless value', `GET / HTTP/1.1\r\nX: ${'y'.repeat(99)}`, { maxHeadBytes: 99 }, 'head-too-large'],
    ['as many fields as allowed', request('/', 'X: 1', 'Y: 2'), { maxHeaderCount: 3 }, undefined],
    ['more fields', request('/', 'X: 1', 'Y: 2', 'Z: 3'), { maxHeaderCount: 3 }, 'too-many-fields'],
    ['a method that is too long', 'X'.repeat(33) + request('/').slice(3), {}, 'method-too-long'],
  ])('%s', (_, text, limits, error) => {
    expect(errorOf(text, limits)).toBe(error);
  });

  const chunked = (body: string): string => `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
  test.each([
    ['a chunk line of the limit', chunked('0;abc=def\r\n\r\n'), { maxChunkLineBytes: 9 }, undefined],
    ['a longer chunk line', chunked('0;abc=defg\r\n\r\n'), { maxChunkLineBytes: 9 }, 'bad-chunk-extension'],
    ['extensions of the limit', chunked('1;a\r\nx\r\n1;a\r\nx\r\n0\r\n\r\n'), { maxChunkExtensionBytes: 4 }, undefined],
    [
      'more extensions',
      chunked('1;a\r\nx\r\n1;a\r\nx\r\n0\r\n\r\n'),
      { maxChunkExtensionBytes: 3 },
      'bad-chunk-extension',
    ],
    ['trailers of the limit', chunked('0\r\nX: y\r\n\r\n'), { maxTrailerBytes: 8 }, undefined],
    ['larger trailers', chunked('0\r\nX: yz\r\n\r\n'), { maxTrailerBytes: 8 }, 'trailers-too-large'],
    ['more trailers', chunked('0\r\nX: 1\r\nY: 2\r\n\r\n'), { maxTrailerCount: 1 }, 'too-many-fields'],
  ])('%s', (_, text, limits, error) => {
    expect(errorOf(text, limits)).toBe(error);
  });

  test('a header of 1 MB is refused after the limit, not after 1 MB', () => {
    const decoder = new RequestDecoder();
    decoder.push(bytesOf(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(1 << 20)}`));
    expect(decoder.next()).toBe(Http1Event.error);
    expect(decoder.error).toMatchObject({ code: 'head-too-large', status: 431 });
    expect(decoder.pendingBytes).toBe(0);
  });

  test('a head dripped octet by octet costs linear time', () => {
    // A quadratic scan of 64 KiB would look at two thousand million octets and take seconds.
    const head = bytesOf(request('/', `X: ${'y'.repeat(defaultHttp1Limits.maxHeadBytes - 100)}`));
    const started = process.cpuUsage();
    expect(summary(findings(new RequestDecoder(), octetByOctet(head))).requests).toHaveLength(1);
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

describe('pulling', () => {
  test('not pulling is backpressure: chunks wait, and come as they were pushed', () => {
    const decoder = new RequestDecoder();
    const body = bytesOf('hello');
    decoder.push(bytesOf('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n'));
    decoder.push(body);
    decoder.push(body);
    expect(decoder.next()).toBe(Http1Event.head);
    expect(decoder.pendingBytes).toBe(10);
    expect(decoder.next()).toBe(Http1Event.body);
    expect(decoder.data).toBe(body);
    expect(decoder.pendingBytes).toBe(5);
  });

  test('a body event is a view of the chunk', () => {
    const decoder = new RequestDecoder();
    const chunk = bytesOf('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    decoder.push(chunk);
    decoder.next();
    expect(decoder.next()).toBe(Http1Event.body);
    expect(decoder.data.buffer).toBe(chunk.buffer);
  });

  test('is idle between messages only', () => {
    const decoder = new RequestDecoder();
    const idle = (): boolean => decoder.isIdle;
    expect(idle()).toBe(true);
    decoder.push(bytesOf('GET /'));
    decoder.next();
    expect(idle()).toBe(false);
    decoder.push(bytesOf(' HTTP/1.1\r\nHost: a\r\n\r\n'));
    expect(decoder.next()).toBe(Http1Event.head);
    expect(idle()).toBe(false);
    expect(decoder.next()).toBe(Http1Event.end);
    expect(idle()).toBe(true);
  });

  test('a head may be decoded into a list of the caller', () => {
    const decoder = new RequestDecoder();
    const first = decoder.head.headers;
    decoder.push(bytesOf('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n'));
    decoder.next();
    decoder.next();
    decoder.head.headers = new HeaderList();
    decoder.next();
    expect(first.toArray()).toEqual([['host', 'a']]);
    expect(decoder.head.headers.toArray()).toEqual([['host', 'b']]);
  });

  test('closed and error stay', () => {
    const closed = new RequestDecoder();
    closed.finish();
    expect([closed.next(), closed.next()]).toEqual([Http1Event.closed, Http1Event.closed]);
    const failed = new RequestDecoder();
    failed.push(bytesOf('\n'));
    expect(failed.next()).toBe(Http1Event.error);
    failed.push(bytesOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    expect(failed.next()).toBe(Http1Event.error);
    expect(failed.error?.code).toBe('bare-line-feed');
  });
});
