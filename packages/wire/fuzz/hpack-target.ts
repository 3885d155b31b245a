/**
 * Header blocks on one HPACK connection, compared with a naive decoder. The input is a row of blocks, each behind an
 * octet with its length; a length of 0 means the block before once more, so that remembered lines are met again.
 */
import { encodeField, HpackDecoder, maxEncodedLength } from '../src/hpack/index.ts';
import { CollectingSink, literalLine } from '../src/hpack/testing.ts';
import { ReferenceDecoder } from './hpack-reference.ts';
import { boundedLog, type FuzzTarget } from './target.ts';

/** So large that only the reference's rules decide. */
const limits = { maxListSize: Number.MAX_SAFE_INTEGER, maxFields: Number.MAX_SAFE_INTEGER };

const block = (...parts: readonly (Buffer | string)[]): Buffer => {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)));
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};
const again = Buffer.from([0]);

const blocksOf = (bytes: Buffer): Buffer[] => {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length && blocks.length < 64; ) {
    const length = bytes[at++] ?? 0;
    const previous = blocks.at(-1) ?? Buffer.alloc(0);
    blocks.push(length === 0 ? previous : Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return blocks;
};

/** What was accepted must be the same when our encoder has written it. */
const checkRoundTrip = (fields: readonly (readonly [string, string])[]): void => {
  const out = Buffer.alloc(fields.reduce((sum, [name, value]) => sum + maxEncodedLength(name, value), 0));
  let end = 0;
  for (const [name, value] of fields) end = encodeField(out, end, name, value);
  const sink = new CollectingSink();
  const result = new HpackDecoder(limits).decode(out, 0, end, sink);
  if (result !== 'ok' || JSON.stringify(sink.fields) !== JSON.stringify(fields)) {
    throw new Error(`encoded fields changed: ${JSON.stringify([result, fields, sink.fields])}`);
  }
};

export const hpackTarget: FuzzTarget = {
  name: 'hpack',
  seeds: [
    block('828684410f7777772e6578616d706c652e636f6d'),
    Buffer.concat([block('828684418cf1e3c2e5f23a6ba0ab90f4ff'), block('828684be5886a8eb10649cbf'), block('be')]),
    Buffer.concat([
      block('3fe101'),
      block('203fe11f82'),
      block('4003666f6f03626172'),
      block('be'),
      block('20'),
      block('be'),
    ]),
    Buffer.concat([block(literalLine(0, 'x-app', 'books', true), '0f2f0131'), again, again, again]),
    Buffer.concat([
      block(literalLine(0x40, 'x', 'y', false)),
      block('0f2f0176'),
      again,
      again,
      block('40017a0176'),
      again,
    ]),
    block(literalLine(0x10, 'authorization', 'Basic ÿ\0', true), 'ff00', '7f00016b'),
  ],
  dictionary: [
    '\x82',
    '\xbe',
    '\x20',
    '\x3f\xe1\x1f',
    '\x0f\x2f\x01v',
    '\x40\x01a\x01b',
    '\x00\x01a\x01b',
    '\x81\xff',
    '\x7f\x00',
    '\xff\x80\x01',
    '\x84\xff\xff\xff\xff',
    '\x00',
  ],
  run: (bytes) => {
    const log = boundedLog(bytes);
    const decoder = new HpackDecoder(limits);
    const reference = new ReferenceDecoder();
    for (const input of blocksOf(bytes)) {
      const sink = new CollectingSink();
      const result = decoder.decode(input, 0, input.length, sink);
      const expected = reference.decode(input);
      const found = result === 'ok' ? sink.fields : undefined;
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        throw new Error(`decoded ${result} ${JSON.stringify(sink.fields)}, expected ${JSON.stringify(expected)}`);
      }
      log.add(
        `${result} ${sink.fields.length} ${sink.fields.map(([name, value]) => `${name.length},${value.length}`).join(' ')}`,
      );
      if (found === undefined) break;
      checkRoundTrip(found);
    }
    return log.lines.join('\n');
  },
  features: (outcome) => outcome.split('\n').map((line, i) => `${Math.min(i, 4)} ${line.slice(0, 60)}`),
};
