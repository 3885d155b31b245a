import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { AccessLog } from './access-log.ts';
import { LineWriter } from './line-writer.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('lines of one tick are written together', async () => {
  const chunks: string[] = [];
  const out = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const lines = new LineWriter(out);
  lines.write('a');
  lines.write('b');
  await nextTurn();
  expect(chunks).toEqual(['a\nb\n']);
});

test('a reader that stalls costs bounded memory: later lines are dropped and counted', async () => {
  const out = new PassThrough({ highWaterMark: 1 });
  const lines = new LineWriter(out);
  lines.write('first');
  await nextTurn();
  const line = 'x'.repeat(1024);
  for (let i = 0; i < 2000; i += 1) lines.write(line);
  expect(lines.dropped).toBeGreaterThan(900);
  out.resume();
  await nextTurn();
  await nextTurn();
  const before = lines.dropped;
  lines.write('after');
  expect(lines.dropped).toBe(before);
});

test('an access line is one JSON object', async () => {
  const out = new PassThrough();
  new AccessLog(new LineWriter(out)).write(0, {
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
  });
  await nextTurn();
  const [first, ...rest] = String(out.read()).trimEnd().split('\n');
  expect(rest).toEqual([]);
  expect(JSON.parse(first ?? '')).toMatchObject({ msg: 'access', ts: '1970-01-01T00:00:00.000Z', path: '/a"\n' });
});
