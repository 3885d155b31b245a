import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeaderList } from '../header-list.ts';
import {
  EncodeFault,
  encodeChunkEnd,
  encodeChunkHead,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
} from './encode.ts';
import { BodyLength } from './head.ts';
import { RequestDecoder } from './request-decoder.ts';
import { ResponseDecoder } from './response-decoder.ts';
import corpus from './testdata/requests.json' with { type: 'json' };
import { type Finding, findings, findingsOfLent, split } from './testing.ts';

const cuts = fc.array(fc.nat(600), { maxLength: 12 });
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const responding = (method: string): ResponseDecoder => {
  const decoder = new ResponseDecoder();
  decoder.expect(method, true);
  return decoder;
};

/** Pieces of requests that are mostly right, so that their concatenations go deep and fail in many places. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...corpus.map((row) => row.input).filter((input) => input.length < 300)) },
  fc.constantFrom('\r\n', '\n', '\r', ' ', ':', '0\r\n\r\n', '5\r\nhello\r\n', 'Host: a\r\n', 'GET / HTTP/1.1\r\n'),
  fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 C\r\n\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
  ),
  fc.uint8Array({ maxLength: 8 }).map((octets) => Buffer.from(octets).toString('latin1')),
);
const input = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => bytesOf(pieces.join('')));

test('requests: the same findings for any split of any input', () => {
  fc.assert(
    fc.property(input, cuts, (bytes, cuts) => {
      expect(findings(new RequestDecoder(), split(bytes, cuts))).toEqual(findings(new RequestDecoder(), [bytes]));
    }),
    { numRuns: 2000 },
  );
});

test('requests: the same findings when chunks wait, and are only lent', () => {
  fc.assert(
    fc.property(input, cuts, fc.array(fc.nat(3), { maxLength: 12 }), (bytes, cuts, pulls) => {
      const found = findingsOfLent(new RequestDecoder(), split(bytes, cuts), pulls);
      expect(found).toEqual(findings(new RequestDecoder(), [bytes]));
    }),
    { numRuns: 2000 },
  );
});

test('responses: the same findings for any split of any input', () => {
  const start = fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n',
  );
  fc.assert(
    fc.property(start, input, cuts, fc.constantFrom('GET', 'HEAD', 'CONNECT'), (start, rest, cuts, method) => {
      const bytes = Buffer.concat([bytesOf(start), rest]);
      expect(findings(responding(method), split(bytes, cuts))).toEqual(findings(responding(method), [bytes]));
    }),
    { numRuns: 2000 },
  );
});

test('the same findings with the smallest limits, for any split', () => {
  const limits = {
    maxHeadBytes: 90,
    maxStartLineBytes: 24,
    maxHeaderCount: 3,
    maxChunkLineBytes: 6,
    maxChunkExtensionBytes: 5,
    maxTrailerBytes: 12,
    maxTrailerCount: 1,
  };
  fc.assert(
    fc.property(input, cuts, (bytes, cuts) => {
      const whole = findings(new RequestDecoder(limits), [bytes]);
      expect(findings(new RequestDecoder(limits), split(bytes, cuts))).toEqual(whole);
    }),
    { numRuns: 1000 },
  );
});

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,20}$/);
const value = fc.stringMatching(/^([!-~\x80-\xff]([\t -~\x80-\xff]{0,30}[!-~\x80-\xff])?)?$/);
const special = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect']);
const fields = fc
  .array(fc.tuple(token, value), { maxLength: 12 })
  .map((all) => all.filter(([name]) => !special.has(name)));
const trailers = fc.array(
  fc.tuple(
    token.map((name) => `x-${name}`),
    value,
  ),
  { maxLength: 4 },
);
const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 4 });

/** A body as one chunk a part, or as it is. */
const encodeBody = (
  parts: readonly Uint8Array[],
  trailers: readonly (readonly [string, string])[],
  isChunked: boolean,
): Buffer => {
  if (!isChunked) return Buffer.concat(parts);
  const slab = Buffer.alloc(4096);
  const encoded: Buffer[] = [];
  for (const part of parts) {
    const head = encodeChunkHead(slab, 0, part.length);
    encoded.push(Buffer.from(slab.subarray(0, head)), Buffer.from(part));
    encoded.push(Buffer.from(slab.subarray(0, encodeChunkEnd(slab, 0))));
  }
  encoded.push(slab.subarray(0, encodeLastChunk(slab, 0, HeaderList.from(trailers))));
  return Buffer.concat(encoded);
};

const bodyFindings = (parts: readonly Uint8Array[], trailers: [string, string][], isChunked: boolean): Finding[] => {
  const data = Buffer.concat(parts).toString('latin1');
  const found: Finding[] = data === '' ? [] : [{ event: 'body', data }];
  if (isChunked && trailers.length > 0) found.push({ event: 'trailers', fields: trailers });
  return [...found, { event: 'end' }, { event: 'closed' }];
};

test('an encoded message decodes to itself, for any split', () => {
  const slab = Buffer.alloc(8192);
  const target = fc.stringMatching(/^\/[!-~]{0,40}$/);
  fc.assert(
    fc.property(
      token,
      target,
      fields,
      body,
      trailers,
      fc.boolean(),
      fc.integer({ min: 200, max: 999 }),
      cuts,
      (method, target, fields, parts, trailers, isChunked, status, cuts) => {
        const bodyLength = isChunked ? BodyLength.chunked : Buffer.concat(parts).length;
        const framing: [string, string] = isChunked
          ? ['transfer-encoding', 'chunked']
          : ['content-length', `${bodyLength}`];
        const content = encodeBody(parts, trailers, isChunked);
        const expected = bodyFindings(parts, trailers, isChunked);

        const requestFields: [string, string][] = [['host', 'a.example'], ...fields];
        const requestEnd = encodeRequestHead(slab, 0, method, target, 1, HeaderList.from(requestFields), bodyLength);
        const request = Buffer.concat([slab.subarray(0, requestEnd), content]);
        const [head, ...rest] = findings(new RequestDecoder(), split(request, cuts));
        expect(head).toMatchObject({ head: { method, target, bodyLength, headers: [...requestFields, framing] } });
        expect(rest).toEqual(expected);

        fc.pre(status !== 204 && status !== 304);
        const responseEnd = encodeResponseHead(slab, 0, status, 'Some Reason', 1, HeaderList.from(fields), bodyLength);
        const response = Buffer.concat([slab.subarray(0, responseEnd), content]);
        const [answer, ...after] = findings(responding('GET'), split(response, cuts));
        expect(answer).toMatchObject({
          head: { status, reason: 'Some Reason', bodyLength, headers: [...fields, framing] },
        });
        expect(after).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('whatever the strings, an encoded head is refused or decodes to exactly these strings', () => {
  const slab = Buffer.alloc(8192);
  const anything = fc.oneof(
    fc.array(fc.nat(0x1ff), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
    fc.string({ unit: fc.constantFrom('\r', '\n', '\0', ':', ' ', 'a', '\u010a', '\xff'), maxLength: 6 }),
  );
  fc.assert(
    fc.property(
      fc.oneof(token, anything),
      fc.oneof(fc.constantFrom('/', '/x?y'), anything),
      fc.array(fc.tuple(fc.oneof(token, anything), fc.oneof(value, anything)), { maxLength: 4 }),
      (method, target, fields) => {
        const all: [string, string][] = [['host', 'a'], ...fields];
        const end = encodeRequestHead(slab, 0, method, target, 1, HeaderList.from(all), BodyLength.none);
        if (end < 0) {
          expect(end).not.toBe(EncodeFault.needsSpace);
          return;
        }
        const found = findings(new RequestDecoder(), [slab.subarray(0, end)]);
        const first = found[0];
        if (first?.event !== 'head') {
          expect(found).toEqual([
            { event: 'error', code: expect.stringMatching(/^(bad-target|repeated-host|bad-connection)$/) },
          ]);
          return;
        }
        const trimmed = all.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]);
        expect(first).toMatchObject({ head: { method, target, headers: trimmed } });
        expect(found.slice(1)).toEqual([{ event: 'end' }, { event: 'closed' }]);
      },
    ),
    { numRuns: 1000 },
  );
});
