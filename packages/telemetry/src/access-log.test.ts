import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type AccessEntry, type AccessFormat, AccessLog, type AccessMessage } from './access-log.ts';
import { LineWriter } from './line-writer.ts';

const denied: AccessEntry = {
  direction: 'inbound',
  client_ip: '127.1.0.2',
  client_id: '',
  tls: 'no_identity',
  method: 'GET',
  authority: 'authors',
  path: '/a"\n',
  status: 403,
  verdict: 'deny',
  rule: '',
  route: 'r',
  reason: 'unauthorized',
  duration_ms: 0.1,
  x_request_id: '',
};
const message: AccessMessage = { version: '1.1', responseBytes: 0, referer: '', userAgent: '' };
const wallMs = Date.UTC(2026, 10, 3, 4, 5, 6, 789);

const line = (format: AccessFormat, entry: AccessEntry, of: AccessMessage | undefined): string => {
  const out = new PassThrough();
  const lines = new LineWriter(out);
  new AccessLog(lines, format).write(wallMs, entry, of);
  lines.flush();
  const [first = '', ...rest] = String(out.read()).split('\n');
  expect(rest).toEqual(['']);
  return first;
};

test('an access line is one JSON object', () => {
  expect(JSON.parse(line('json', denied, message))).toEqual({
    msg: 'access',
    ts: '2026-11-03T04:05:06.789Z',
    ...denied,
  });
});

const permitted: AccessEntry = {
  ...denied,
  client_id: 'web.shop.serviceaccount.identity.linkerd.cluster.local',
  path: '/a?b=c',
  status: 200,
};
const asked: AccessMessage = { version: '2', responseBytes: 42, referer: 'http://x/', userAgent: 'curl/8.14.1' };
const connection: AccessEntry = { ...denied, method: '', authority: '', path: '', status: 0 };
const time = '[03/Nov/2026:04:05:06 +0000]';

test.each<[string, AccessEntry, AccessMessage | undefined, string]>([
  [
    'a request over HTTP/2 of a meshed client',
    permitted,
    asked,
    `127.1.0.2 - ${permitted.client_id} ${time} "GET /a?b=c HTTP/2.0" 200 42 "http://x/" "curl/8.14.1"`,
  ],
  [
    'what is absent, and text that would forge a line',
    denied,
    message,
    `127.1.0.2 - - ${time} "GET /a\\"\\x0a HTTP/1.1" 403 - "-" "-"`,
  ],
  [
    'headers that would end their field, or are not ASCII',
    permitted,
    { ...asked, referer: 'a" "b\\', userAgent: '\xe9\x7f' },
    `127.1.0.2 - ${permitted.client_id} ${time} "GET /a?b=c HTTP/2.0" 200 42 "a\\" \\"b\\\\" "\\xe9\\x7f"`,
  ],
  [
    'a CONNECT, whose target is an authority',
    { ...permitted, method: 'CONNECT', path: '' },
    { ...asked, version: '1.1' },
    `127.1.0.2 - ${permitted.client_id} ${time} "CONNECT authors HTTP/1.1" 200 42 "http://x/" "curl/8.14.1"`,
  ],
  [
    'an exchange that ended without a response',
    { ...permitted, status: 0 },
    { ...asked, responseBytes: 0 },
    `127.1.0.2 - ${permitted.client_id} ${time} "GET /a?b=c HTTP/2.0" - - "http://x/" "curl/8.14.1"`,
  ],
  ['a connection that is not HTTP', connection, undefined, `127.1.0.2 - - ${time} "-" - - "-" "-"`],
])('the combined log format: %s', (_what, entry, of, expected) => {
  expect(line('apache', entry, of)).toBe(expected);
});
