import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { RequestDecoder } from '@heddle/wire/http1';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectInbound } from './http-likeness.ts';
import { detectHttp } from './protocol-detect.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const detect = (text: string): unknown => detectInbound(bytesOf(text));

describe('what some server takes for a request is HTTP, to be answered 400 and not passed on as bytes', () => {
  test.each([
    ['a usual request', 'GET / HTTP/1.1\r\n'],
    ['a method of odd letters', 'G.!T / HTTP/1.1\r\n'],
    ['a long method', `${'A'.repeat(40)} / HTTP/1.1\r\n`],
    ['a method of lower case', 'get / HTTP/1.1\r\n'],
    ['blank lines before', '\r\n\r\n\n\nGET / HTTP/1.1\r\n'],
    ['blanks before', ' \tGET / HTTP/1.1\r\n'],
    ['blanks between', 'GET  / HTTP/1.1\r\n'],
    ['tabs between', 'FOO\t/\tHTTP/1.1\r\n'],
    ['the blanks of Unicode between', 'FOO\x85/\xa0HTTP/1.1\r\n'],
    ['a target that is none', 'FOO bar HTTP/1.1\r\n'],
    ['a target with blanks', 'FOO /a b c HTTP/1.1\r\n'],
    ['a target beyond ASCII', 'FOO /\xe4 HTTP/1.1\r\n'],
    ['a version of lower case', 'FOO / http/1.1\r\n'],
    ['a version of the future', 'FOO / HTTP/3.0\r\n'],
    ['no version (HTTP/0.9)', 'GET /\r\n'],
    ['no version and another method', 'PUT /x\r\n'],
    ['no version and a star', 'SUBSCRIBE *\r\n'],
    ['no version and an absolute target', 'LOCK http://a/b\r\n'],
    ['a version of RTSP', 'DESCRIBE rtsp://h/ RTSP/1.0\r\n'],
    ['a version of ICE', 'SOURCE /x ICE/1.0\r\n'],
    ['no version, and no path either', 'GET word\r\n'],
    ['a target without an end', `FOO /${'a'.repeat(1100)}`],
    ['blank lines without an end', '\r\n'.repeat(600)],
    ['a line of HTTP/2 that is not its preface', '\r\nPRI * HTTP/2.0\r\n\r\n'],
  ])('%s', (_what, text) => {
    expect(detect(text)).toBe('http1');
  });
});

test.each([
  ['SSH', 'SSH-2.0-OpenSSH_9.6 Debian\r\n'],
  ['SMTP', 'EHLO mail.example\r\n'],
  ['FTP', 'USER anonymous\r\n'],
  ['POP3', 'APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n'],
  ['IMAP', 'a1 LOGIN user secret\r\n'],
  ['Redis, as its clients speak', '*1\r\n$4\r\nPING\r\n'],
  ['Redis, as people type', 'PING\r\n'],
  ['Redis, as people type more', 'SET key value\r\n'],
  ['Redis, as people type a subscription', 'SUBSCRIBE news\r\n'],
  ['memcached', 'get /user/1\r\n'],
  ['memcached storing', 'set k 0 0 5\r\n'],
  ['NATS', 'CONNECT {"verbose":false,"lang":"go"}\r\n'],
  ['STOMP', 'CONNECT\naccept-version:1.2\n\n\0'],
  ['Git', '0032git-upload-pack /project.git\0host=example.test\0'],
  ['rsync', '@RSYNCD: 31.0\n'],
  ['PROXY protocol', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'],
  ['IRC', 'NICK someone\r\n'],
  ['SIP', 'INVITE sip:bob@example.test SIP/2.0\r\n'],
  ['an FTP command with a path', 'CWD /pub\r\n'],
  ['ZooKeeper in a line', 'ruok\n'],
  ['MySQL', '\x20\0\0\x01\x85\xa6\xff\x01'],
  ['PostgreSQL', '\0\0\0\x08\x04\xd2\x16\x2f'],
  ['MongoDB', '\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0'],
  ['Kafka', '\0\0\0\x2a\0\x12\0\x03'],
  ['AMQP', 'AMQP\0\0\x09\x01'],
  ['MQTT', '\x10\x0c\0\x04MQTT\x04'],
  ['Cassandra', '\x04\0\0\0\x05\0\0\0\0'],
  ['LDAP', '\x30\x0c\x02\x01\x01\x60\x07'],
  ['a protocol buffer', '\n\x05hello'],
  ['TLS', '\x16\x03\x01\x02\0\x01'],
  ['JSON', '{"jsonrpc":"2.0"}'],
])('%s stays opaque', (_what, text) => {
  expect(detect(text)).toBe('not-http');
});

test.each(['', '\r\n', 'P', 'PRI * HTTP/', 'ruok', 'FOO ', 'FOO bar', 'FOO bar HT', 'GET ', 'FOO /bar', 'EHLO mail'])(
  '%j may become either',
  (text) => {
    expect(detect(text)).toBeUndefined();
  },
);

const pieces = fc.array(
  fc.constantFrom(
    ...['GET', 'PUT', 'FOO', 'SUBSCRIBE', 'get', 'PRI', 'OPTIONS', 'M-SEARCH', 'CONNECT', 'a.b', '\r', '\n', '\r\n'],
    ...[' ', ' ', ' ', '\t', '/', '/a', '*', 'http://h/', 'rtsp://h/', 'h:1', 'x', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9'],
    ...['HTTP/2.0', 'RTSP/1.0', 'ICE/1.0', 'http/1.1', '\0', '\xa0', 'Host: h', ':'],
  ),
  { minLength: 1, maxLength: 9 },
);
const words = fc
  .tuple(
    fc.constantFrom('', '', '', '\r\n', '\n\n\r', ' '),
    fc.constantFrom('GET', 'PUT', 'FOO', 'SUBSCRIBE', 'get', 'PRI', 'OPTIONS', 'SOURCE', 'DESCRIBE', 'a.b', 'PLAY'),
    fc.constantFrom(' ', ' ', ' ', '  ', '\t', '\r'),
    fc.constantFrom('/', '/a', '/a b', '*', 'http://h/', 'rtsp://h/', 'h:1', 'x', '/\xe4'),
    fc.constantFrom('', ' ', ' ', ' ', '  ', '\t'),
    fc.constantFrom('', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'RTSP/1.0', 'ICE/1.0', 'http/1.1', 'SIP/2.0'),
  )
  .map((parts) => [...parts]);
const lines = fc.oneof(words, pieces).map((parts) => `${parts.join('')}\r\nHost: h\r\nl5d-client-id: forged\r\n\r\n`);

test('a longer view of the same bytes never changes an answer once given', () => {
  fc.assert(
    fc.property(lines, (text) => {
      let answer: unknown;
      for (let length = 1; length <= text.length; length += 1) {
        const now = detect(text.slice(0, length));
        if (answer !== undefined) expect(now).toBe(answer);
        answer = now;
      }
    }),
    { numRuns: 2000 },
  );
});

test('what the narrow detection knows, the wide one knows too', () => {
  fc.assert(
    fc.property(lines, (text) => {
      const narrow = detectHttp(bytesOf(text));
      if (narrow === 'http1' || narrow === 'http2') expect(detect(text)).toBe(narrow);
    }),
    { numRuns: 2000 },
  );
});

test('what our decoder takes for a request is HTTP', () => {
  fc.assert(
    fc.property(lines, (text) => {
      const decoder = new RequestDecoder();
      decoder.push(bytesOf(text));
      decoder.next();
      if (decoder.head.method !== '') expect(detect(text)).toBe('http1');
    }),
    { numRuns: 2000 },
  );
});

describe('against the server of Node', () => {
  let server: Server;
  const served = new Set<number>();
  beforeAll(async () => {
    server = createServer((message, response) => {
      served.add(message.socket.remotePort ?? 0);
      response.end();
    });
    server.on('clientError', (_, socket) => socket.destroy());
    server.on('connect', (message, socket) => {
      served.add(message.socket.remotePort ?? 0);
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const isServed = async (text: string): Promise<boolean> => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    const port = socket.localPort ?? 0;
    const answered = new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.end(bytesOf(text));
    await answered;
    socket.destroy();
    return served.delete(port);
  };

  test('no request that it would serve is passed on as bytes', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(lines, async (text) => {
        if (!(await isServed(text))) return;
        count += 1;
        expect(detect(text)).toBe('http1');
      }),
      { numRuns: 500 },
    );
    expect(count).toBeGreaterThan(10);
  });
});
