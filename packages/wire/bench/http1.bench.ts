/**
 * Nanoseconds per HTTP/1 head, decoded and encoded, on one core: `node packages/wire/bench/http1.bench.ts`.
 * `same` repeats one head; in `distinct` path, traceparent, cookie and request id differ from head to head.
 */
import { HeaderList } from '../src/header-list.ts';
import {
  BodyLength,
  encodeRequestHead,
  encodeResponseHead,
  Http1Event,
  RequestDecoder,
  ResponseDecoder,
} from '../src/http1/index.ts';

const heads = 512;
const rounds = 200;
const repeats = 9;

const requestText = (n: number): string =>
  [
    `GET /authors/${n}.json?page=${n * 7} HTTP/1.1`,
    'Host: authors.booksapp.svc.cluster.local:7001',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'Accept: application/json, text/plain, */*',
    'Accept-Encoding: gzip, deflate, br',
    'Connection: keep-alive',
    `traceparent: 00-${n.toString(16).padStart(32, '4')}-${n.toString(16).padStart(16, 'b')}-01`,
    `Cookie: session=${n.toString(36).padStart(24, 'q')}; theme=dark`,
    `X-Request-Id: ${n.toString(16).padStart(8, '0')}-1111-4222-8333-444444444444`,
    'Content-Type: application/json',
    '\r\n',
  ].join('\r\n');

const responseText = (n: number): string =>
  [
    'HTTP/1.1 200 OK',
    'Content-Type: application/json; charset=utf-8',
    'Content-Length: 0',
    `ETag: W/"${n.toString(36).padStart(20, 'e')}"`,
    'Cache-Control: no-cache, private',
    `Date: Mon, 23 Nov 2026 12:${String(n % 60).padStart(2, '0')}:00 GMT`,
    `X-Request-Id: ${n.toString(16).padStart(8, '0')}-1111-4222-8333-444444444444`,
    'Server: books',
    'Vary: Accept-Encoding',
    '\r\n',
  ].join('\r\n');

const buffers = (text: (n: number) => string, isDistinct: boolean): Buffer[] =>
  Array.from({ length: heads }, (_, n) => Buffer.from(text(isDistinct ? n : 42), 'latin1'));

/** The best of several repeats: the machine is shared, and noise only ever adds. */
const measure = (name: string, run: (n: number) => unknown): void => {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < rounds * heads; i++) run(i % heads);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / (rounds * heads));
  }
  console.log(`${name.padEnd(34)} ${best.toFixed(0).padStart(6)} ns`);
};

const expectEvents = (decoder: RequestDecoder | ResponseDecoder): void => {
  if (decoder.next() !== Http1Event.head || decoder.next() !== Http1Event.end) throw new Error('the head was refused');
};

const slab = Buffer.alloc(65_536);
for (const isDistinct of [false, true]) {
  const profile = isDistinct ? 'distinct' : 'same';
  const requests = buffers(requestText, isDistinct);
  const responses = buffers(responseText, isDistinct);
  const at = (all: readonly Buffer[], n: number): Buffer => all[n] ?? slab;

  const requestDecoder = new RequestDecoder();
  measure(`decode request, ${profile}`, (n) => {
    requestDecoder.push(at(requests, n));
    expectEvents(requestDecoder);
  });
  measure(`decode request in 2 parts, ${profile}`, (n) => {
    const bytes = at(requests, n);
    requestDecoder.push(bytes.subarray(0, 300));
    requestDecoder.next();
    requestDecoder.push(bytes.subarray(300));
    expectEvents(requestDecoder);
  });
  const responseDecoder = new ResponseDecoder();
  measure(`decode response, ${profile}`, (n) => {
    responseDecoder.expect('GET', false);
    responseDecoder.push(at(responses, n));
    expectEvents(responseDecoder);
  });

  const decoded = requests.map((bytes) => {
    const decoder = new RequestDecoder();
    decoder.push(bytes);
    expectEvents(decoder);
    return decoder.head;
  });
  measure(`encode request, ${profile}`, (n) => {
    const head = decoded[n];
    if (head === undefined) return;
    if (encodeRequestHead(slab, 0, head.method, head.target, 1, head.headers, BodyLength.none) < 0)
      throw new Error('refused');
  });
  const answers = responses.map((bytes) => {
    const decoder = new ResponseDecoder();
    decoder.expect('GET', false);
    decoder.push(bytes);
    expectEvents(decoder);
    return decoder.head;
  });
  measure(`encode response, ${profile}`, (n) => {
    const head = answers[n];
    if (head === undefined) return;
    if (encodeResponseHead(slab, 0, head.status, head.reason, 1, head.headers, 0) < 0) throw new Error('refused');
  });
  const list = new HeaderList();
  measure(`look up 4 fields, ${profile}`, (n) => {
    const headers = decoded[n]?.headers ?? list;
    return [headers.get('host'), headers.get('x-request-id'), headers.get('te'), headers.get('l5d-client-id')].length;
  });
}
