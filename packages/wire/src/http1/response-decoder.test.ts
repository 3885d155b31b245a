import { describe, expect, test } from 'vitest';
import { Http1Event } from './event.ts';
import { BodyLength } from './head.ts';
import { ResponseDecoder } from './response-decoder.ts';
import { type Finding, findings } from './testing.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const octetByOctet = (text: string): Buffer[] => Array.from(bytesOf(text), (octet) => Buffer.from([octet]));

/** Findings for a response to a request of this method; the same whole and octet by octet. */
const decode = (text: string, method = 'GET', mayUpgrade = false): Finding[] => {
  const run = (chunks: Buffer[]): Finding[] => {
    const decoder = new ResponseDecoder();
    decoder.expect(method, mayUpgrade);
    return findings(decoder, chunks);
  };
  const whole = run([bytesOf(text)]);
  expect(run(octetByOctet(text))).toEqual(whole);
  return whole;
};
/** The findings as short text: `head 200`, `body hi`, `end` … */
const brief = (found: readonly Finding[]): string[] =>
  found.map((finding) => {
    if ('head' in finding) return `${finding.event} ${String(finding.head['status'])}`;
    if ('data' in finding) return `${finding.event} ${finding.data}`;
    if ('fields' in finding) return `trailers ${finding.fields.join(' ')}`;
    return 'code' in finding ? finding.code : finding.event;
  });

test('a head in full', () => {
  const found = decode('HTTP/1.1 404 Not \xe4 Found\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n');
  expect(found[0]).toEqual({
    event: 'head',
    head: {
      status: 404,
      reason: 'Not \xe4 Found',
      minorVersion: 1,
      headers: [
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
        ['content-length', '0'],
      ],
      bodyLength: 0,
      contentLength: 0,
      isKeepAlive: true,
      nominated: [],
      upgrade: '',
    },
  });
});

describe('framing', () => {
  test.each([
    ['Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', ['head 200', 'body hi', 'end', 'closed']],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\na: b\r\n\r\n',
      ['head 200', 'body hi', 'trailers a,b', 'end', 'closed'],
    ],
    ['until close', 'HTTP/1.1 200 OK\r\n\r\nhi', ['head 200', 'body hi', 'end', 'closed']],
    ['until close, empty', 'HTTP/1.0 200 OK\r\n\r\n', ['head 200', 'end', 'closed']],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', ['head 204', 'end', 'closed']],
    [
      '204 with Content-Length: 0',
      'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
      ['head 204', 'end', 'closed'],
    ],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', ['head 304', 'end', 'closed']],
    [
      '304 with a coding',
      'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
      ['head 304', 'end', 'closed'],
    ],
    [
      'interim responses',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nl: x\r\n\r\nHTTP/1.1 204 \r\n\r\n',
      ['interim 100', 'interim 103', 'head 204', 'end', 'closed'],
    ],
    ['no reason, no blank', 'HTTP/1.1 204\r\n\r\n', ['head 204', 'end', 'closed']],
    ['a length cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi', ['head 200', 'body hi', 'truncated']],
    [
      'chunks cut short',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n',
      ['head 200', 'body hi', 'truncated'],
    ],
    ['nothing at all', '', ['closed']],
    ['a head cut short', 'HTTP/1.1 200 OK\r\n', ['truncated']],
    ['only an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', ['interim 100', 'closed']],
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi', ['forbidden-framing']],
    [
      '204 with a coding',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ['forbidden-framing'],
    ],
    ['100 with a length', 'HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nhi', ['forbidden-framing']],
    [
      'length and coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
      ['length-and-coding'],
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', ['unknown-coding']],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi', ['repeated-content-length']],
    ['a coding on HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ['coding-on-http-1.0']],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', ['bad-version']],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n', ['bad-version']],
    ['a status of two digits', 'HTTP/1.1 99 X\r\n\r\n', ['bad-status-line']],
    ['a status of four digits', 'HTTP/1.1 2000 X\r\n\r\n', ['bad-status-line']],
    ['status 099', 'HTTP/1.1 099 X\r\n\r\n', ['bad-status-line']],
    ['two blanks', 'HTTP/1.1  200 OK\r\n\r\n', ['bad-status-line']],
    ['a reason with NUL', 'HTTP/1.1 200 O\0K\r\n\r\n', ['bad-status-line']],
    ['a reason with a bare CR', 'HTTP/1.1 200 O\rK\r\n\r\n', ['bad-status-line']],
    ['no HTTP at all', 'SSH-2.0-x\r\n\r\n', ['bad-version']],
    ['lines that end with LF', 'HTTP/1.1 200 OK\n\n', ['bare-line-feed']],
    ['a folded field', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n', ['obsolete-folding']],
  ])('%s', (_, text, expected) => {
    expect(brief(decode(text))).toEqual(expected);
  });

  test.each([
    ['HTTP/1.1 200 OK\r\n\r\n', BodyLength.untilClose, false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 0, true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n', BodyLength.untilClose, false],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', 0, true],
  ])('%j has the body length %d and leaves the connection open: %s', (text, bodyLength, isKeepAlive) => {
    expect(decode(text)[0]).toMatchObject({ head: { bodyLength, isKeepAlive } });
  });

  test('a response to HEAD has its length and no body', () => {
    const found = decode('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD');
    expect(brief(found)).toEqual(['head 200', 'end', 'closed']);
    expect(found[0]).toMatchObject({ head: { bodyLength: BodyLength.none, contentLength: 5 } });
    expect(brief(decode('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD'))).toEqual([
      'head 200',
      'end',
      'closed',
    ]);
  });
});

describe('tunnels', () => {
  const upgraded = 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello';
  test.each([
    ['101 that was asked for', upgraded, 'GET', true, ['head 101', 'tunnel hello', 'closed']],
    ['101 that was not asked for', upgraded, 'GET', false, ['unexpected-upgrade']],
    ['101 without Upgrade', 'HTTP/1.1 101 X\r\n\r\n', 'GET', true, ['unexpected-upgrade']],
    ['101 with a length', upgraded.replace('x\r\n', 'x\r\nContent-Length: 5\r\n'), 'GET', true, ['forbidden-framing']],
    [
      '200 to CONNECT, its length ignored',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello',
      'CONNECT',
      false,
      ['head 200', 'tunnel hello', 'closed'],
    ],
    [
      '200 to CONNECT, its coding ignored',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello',
      'CONNECT',
      false,
      ['head 200', 'tunnel hello', 'closed'],
    ],
    [
      '403 to CONNECT',
      'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno',
      'CONNECT',
      false,
      ['head 403', 'body no', 'end', 'closed'],
    ],
  ] as const)('%s', (_, text, method, mayUpgrade, expected) => {
    const found = decode(text, method, mayUpgrade);
    expect(brief(found)).toEqual(expected);
    if (method === 'CONNECT' && found[1]?.event === 'tunnel') expect(found[0]).toMatchObject({ head: { headers: [] } });
  });
});

describe('responses answer requests', () => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

  test('one request, one response: a second is refused, and so is one before any request', () => {
    expect(brief(decode(ok + ok))).toEqual(['head 200', 'end', 'unexpected-response']);
    expect(brief(findings(new ResponseDecoder(), [bytesOf(ok)]))).toEqual(['unexpected-response']);
  });

  test('the next is read once it is expected', () => {
    const decoder = new ResponseDecoder();
    decoder.expect('HEAD', false);
    decoder.push(bytesOf('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'));
    expect([decoder.next(), decoder.next()]).toEqual([Http1Event.head, Http1Event.end]);
    decoder.expect('GET', false);
    decoder.push(bytesOf('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'));
    expect([decoder.next(), decoder.next(), decoder.next()]).toEqual([
      Http1Event.head,
      Http1Event.body,
      Http1Event.end,
    ]);
    expect(decoder.isIdle).toBe(true);
    decoder.finish();
    expect(decoder.next()).toBe(Http1Event.closed);
  });

  test('what follows a response that closes is dropped', () => {
    const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    expect(brief(decode(closing + ok))).toEqual(['head 200', 'end', 'closed']);
  });
});
