import { describe, expect, test } from 'vitest';
import { detectHttp } from './protocol-detect.ts';

const detect = (text: string): unknown => detectHttp(Buffer.from(text, 'latin1'));

describe('detection by the first bytes', () => {
  test.each([
    ['GET / HTTP/1.1\r\nHost: h\r\n', 'http1'],
    ['GET / HTTP/1.', 'http1'],
    ['\r\nGET / HTTP/1.1\r\n', 'http1'],
    ['M-SEARCH * HTTP/1.1\r\n', 'http1'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
    ['PRI * HTTP/2.0', 'http2'],
    ['PRI * HTTP/2', undefined],
    ['PRI * HTTP/1.1\r\n', 'http1'],
    ['P', undefined],
    ['GET', undefined],
    ['GET /long', undefined],
    ['GET / HTT', undefined],
    ['\r', undefined],
    ['GET  / HTTP/1.1\r\n', 'not-http'],
    ['GET / FTP/1.1\r\n', 'not-http'],
    ['GET /\r\n', 'not-http'],
    ['\r\n\r\nGET / HTTP/1.1\r\n', 'not-http'],
    ['\x00\x00\x00\x2a', 'not-http'],
    ['SSH-2.0-OpenSSH_9\r\n', 'not-http'],
    ['*1\r\n$4\r\nPING\r\n', 'not-http'],
    ['EHLO mail\r\n', 'not-http'],
    [`GET /${'a'.repeat(1100)}`, 'http1'],
    [`${'A'.repeat(40)} /`, 'not-http'],
  ])('%j -> %s', (text, expected) => {
    expect(detect(text)).toBe(expected);
  });

  test('a longer view of the same bytes never changes an answer once given', () => {
    for (const text of ['GET /a?b HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n\r\n', 'SSH-2.0\r\n', 'PRIX / HTTP/1.1\r\n']) {
      let answer: unknown;
      for (let length = 1; length <= text.length; length += 1) {
        const now = detect(text.slice(0, length));
        if (answer !== undefined) expect(now).toBe(answer);
        answer = now;
      }
      expect(answer).toBeDefined();
    }
  });
});
