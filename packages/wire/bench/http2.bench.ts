/**
 * Nanoseconds per HTTP/2 request head of ten fields, encoded and decoded, and per DATA frame, on one core:
 * `node packages/wire/bench/http2.bench.ts`. `same` repeats one head; in `distinct` path, traceparent and cookie differ.
 */
import { HeaderList } from '../src/header-list.ts';
import { HpackDecoder } from '../src/hpack/index.ts';
import {
  classifyField,
  encodeFrameHeader,
  encodeHeaders,
  encodeSettings,
  FrameType,
  Http2Event,
  Http2FrameDecoder,
  type Http2RequestHead,
  RequestHeadReader,
  requestBlock,
} from '../src/http2/index.ts';

const batch = 32;
const frame = { streamId: 1, isEndStream: true, maxFrameBytes: 16_384 };
const out = Buffer.alloc(65_536);

const headOf = (i: number): Http2RequestHead => ({
  method: 'GET',
  scheme: 'http',
  authority: 'books.booksapp.svc.cluster.local:7002',
  target: `/authors/${i}.json`,
  contentLength: -1,
  headers: HeaderList.from([
    ['accept', '*/*'],
    ['user-agent', 'curl/8.14.1'],
    ['accept-encoding', 'gzip, deflate, br'],
    ['traceparent', `00-4bf92f3577b34da6a3ce929d0e${100_000 + i}-00f067aa0ba902b7-01`],
    ['cookie', `session=${46_118_400_291 + i * 7919}; theme=dark`],
    ['l5d-orig-proto', 'HTTP/1.1'],
  ]),
});

const encodeBatch = (heads: readonly Http2RequestHead[], from: number): number => {
  let at = 0;
  for (let i = 0; i < batch; i++)
    at = encodeHeaders(out, at, requestBlock('', heads[(from + i) % heads.length] as Http2RequestHead), frame);
  return at;
};

const begun = (): Http2FrameDecoder => {
  const decoder = new Http2FrameDecoder(false);
  const settings = Buffer.alloc(9);
  encodeSettings(settings, 0, []);
  decoder.push(settings);
  decoder.next();
  decoder.next();
  return decoder;
};

/** The best of several repeats, per item: the machine is shared, and noise only ever adds. */
const measure = (name: string, items: number, run: () => void): void => {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 9; repeat++) {
    const rounds = 4000;
    const started = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - started) / (rounds * items));
  }
  console.log(`${name.padEnd(34)} ${best.toFixed(0).padStart(6)} ns`);
};

for (const [name, heads] of [
  ['same', [headOf(0)]],
  ['distinct', Array.from({ length: 640 }, (_, i) => headOf(i))],
] as const) {
  let turn = 0;
  measure(`encode a head, ${name}`, batch, () => {
    turn += batch;
    encodeBatch(heads, turn);
  });
  const chunks = Array.from({ length: 20 }, (_, i) => Buffer.from(out.subarray(0, encodeBatch(heads, i * batch))));
  const decoder = begun();
  const hpack = new HpackDecoder({ maxListSize: 65_536, maxFields: 256 }, classifyField);
  const reader = new RequestHeadReader();
  const head = headOf(0);
  measure(`decode and validate a head, ${name}`, batch, () => {
    decoder.push(chunks[turn++ % chunks.length] as Buffer);
    while (decoder.next() !== Http2Event.needMore) {
      head.headers.reset();
      reader.begin(head);
      const result = hpack.decode(decoder.bytes, decoder.start, decoder.end, reader);
      if (result !== 'ok' || reader.finish() !== undefined) throw new Error(result);
    }
  });
}

const frames = Buffer.alloc(100 * 109);
for (let at = 0; at < frames.length; at += 109) encodeFrameHeader(frames, at, 100, FrameType.data, 0, 1);
const dataDecoder = begun();
measure('decode a DATA frame', 100, () => {
  dataDecoder.push(frames);
  while (dataDecoder.next() !== Http2Event.needMore);
});
