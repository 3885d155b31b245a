import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
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
