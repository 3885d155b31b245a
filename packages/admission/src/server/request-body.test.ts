import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { RequestBodies } from './request-body.ts';

const requestFrom = (chunks: AsyncIterable<Buffer> | readonly string[], length?: number): IncomingMessage => {
  const list = Array.isArray(chunks) ? chunks.map((chunk) => Buffer.from(chunk as string)) : chunks;
  const headers = length === undefined ? {} : { 'content-length': String(length) };
  return Object.assign(Readable.from(list as Iterable<Buffer>), { headers }) as unknown as IncomingMessage;
};

test('a body is put together', async () => {
  const bodies = new RequestBodies({ maxBytes: 4, maxTotalBytes: 8 });
  expect(await bodies.read(requestFrom(['ab', 'cd'], 4))).toEqual({ kind: 'body', bytes: Buffer.from('abcd') });
});

test.each([
  ['by what it says', requestFrom([], 5)],
  ['by what it is', requestFrom(['ab', 'cde'])],
])('one that is too large is given up, %s', async (_, request) => {
  expect(await new RequestBodies({ maxBytes: 4, maxTotalBytes: 8 }).read(request)).toEqual({ kind: 'too-large' });
});

test('all together are bounded, and room comes back', async () => {
  const bodies = new RequestBodies({ maxBytes: 4, maxTotalBytes: 5 });
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const slow = bodies.read(
    requestFrom(
      (async function* () {
        yield Buffer.from('abc');
        arrived.resolve();
        await gate.promise;
      })(),
    ),
  );
  await arrived.promise;
  expect(await bodies.read(requestFrom(['abc']))).toEqual({ kind: 'overloaded' });
  gate.resolve();
  expect((await slow).kind).toBe('body');
  expect((await bodies.read(requestFrom(['abc']))).kind).toBe('body');
});
