/** HTTP/2 connections as a server and as a client sees them: frames, header blocks, heads. */
import { HeaderList } from '../src/header-list.ts';
import { HpackDecoder, tableSizeZero } from '../src/hpack/index.ts';
import { Http2Event } from '../src/http2/event.ts';
import { classifyField } from '../src/http2/field-facts.ts';
import { Http2FrameDecoder } from '../src/http2/frame-decoder.ts';
import { encodeHeaders, headersBound, requestBlock } from '../src/http2/head-encoder.ts';
import { type Http2RequestHead, RequestHeadReader, ResponseHeadReader } from '../src/http2/head-reader.ts';
import { PeerSettings } from '../src/http2/settings.ts';
import { clientStart, eventsOf, frame, settingsFrame } from '../src/http2/testing.ts';
import { boundedLog, cutAt, type FuzzTarget } from './target.ts';

/** Small limits, so that small inputs reach them. */
const limits = { maxFrameBytes: 512, maxBlockBytes: 300, maxContinuations: 3 };
const fieldLimits = { maxListSize: 600, maxFields: 10 };

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const getBlock = hex('828684010168');
const frames: readonly Buffer[] = [
  frame(0x1, 5, 1, getBlock),
  Buffer.concat([frame(0x1, 4, 1, hex('838684010168')), frame(0x0, 0, 1, 'body'), frame(0x0, 1, 1, 'end')]),
  Buffer.concat([frame(0x1, 0, 1, getBlock), frame(0x9, 0, 1), frame(0x9, 4, 1, hex('0001610162'))]),
  Buffer.concat([frame(0x1, 0x2c, 3, hex('02800000000f8800016101620000')), frame(0x0, 9, 3, hex('0161'))]),
  Buffer.concat([frame(0x8, 0, 0, hex('0000ffff')), frame(0x3, 0, 1, hex('00000008')), frame(0x6, 0, 0, '01234567')]),
  Buffer.concat([settingsFrame([1, 0], [4, 100]), frame(0x4, 1, 0), frame(0x7, 0, 0, hex('0000000300000000'))]),
  Buffer.concat([frame(0xbe, 0, 0, 'unknown'), frame(0x2, 0, 1, '12345'), frame(0x1, 5, 5, hex('88'))]),
];

const dictionary = [
  '\0\0\0\x04\0\0\0\0\0',
  '\0\0\0\x04\x01\0\0\0\0',
  '\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x01\x01h',
  '\0\0\x01\x09\x04\0\0\0\x01\x82',
  '\0\0\x03\0\0\0\0\0\x01abc',
  '\0\0\x04\x08\0\0\0\0\0\0\0\0\x01',
  '\0\0\x08\x06\0\0\0\0\x0001234567',
  '\x04\x03/ab',
  '\0\x05:path\x01/',
  '\0\x04host\x01h',
  '\0\x02te\x08trailers',
  '\x0f\x0d\x01\x35',
  '\x0f\x11\x01a',
  '\0\x01x\x02\r\n',
  '\x82',
  '\x88',
];

const newRequest = (): Http2RequestHead => ({
  method: '',
  scheme: '',
  authority: '',
  target: '',
  headers: new HeaderList(),
  contentLength: -1,
});

const textOf = (head: Http2RequestHead): string => JSON.stringify({ ...head, headers: head.headers.toArray() });

/** An accepted request can be written, and is then read as the same; nothing in it could end a line of HTTP/1. */
const checkRequest = (head: Http2RequestHead): void => {
  const text = textOf(head);
  if (/\\r|\\n|\\u0000/.test(text)) throw new Error(`accepted: ${text}`);
  const block = requestBlock(tableSizeZero, head);
  const out = Buffer.alloc(headersBound(block));
  const end = encodeHeaders(out, 0, block, { streamId: 1, isEndStream: true, maxFrameBytes: 16_384 });
  const decoder = new Http2FrameDecoder(false);
  decoder.push(Buffer.concat([settingsFrame(), out.subarray(0, end)]));
  decoder.next();
  const event = decoder.next();
  const reader = new RequestHeadReader();
  const again = newRequest();
  reader.begin(again);
  const hpack = new HpackDecoder({ maxListSize: 10_000, maxFields: 100 }, classifyField);
  const result = hpack.decode(decoder.bytes, decoder.start, decoder.end, reader);
  const fault = reader.finish();
  if (event !== Http2Event.headers || result !== 'ok' || fault !== undefined || textOf(again) !== text) {
    throw new Error(`a head changed: ${event} ${result} ${fault} ${text} ${textOf(again)}`);
  }
};

/** What the header blocks and settings of a connection mean, in order. */
const meanings = (isServer: boolean, chunks: readonly Buffer[], add: (line: string) => void): void => {
  const decoder = new Http2FrameDecoder(isServer, limits);
  const hpack = new HpackDecoder(fieldLimits, classifyField);
  const requests = new RequestHeadReader();
  const responses = new ResponseHeadReader();
  const settings = new PeerSettings();
  for (const chunk of chunks) {
    if (decoder.fault !== undefined) return;
    decoder.push(chunk);
    for (let event = decoder.next(); event !== Http2Event.needMore; event = decoder.next()) {
      if (event === Http2Event.error) return;
      const { bytes, start, end } = decoder;
      if (event === Http2Event.settings) add(`settings ${settings.apply(bytes, start, end, !isServer)}`);
      if (event === Http2Event.settingsAck) hpack.setTableLimit(0);
      if (event !== Http2Event.headers) continue;
      const request = newRequest();
      const response = { status: 0, headers: new HeaderList(), contentLength: -1 };
      const reader = isServer ? requests : responses;
      requests.begin(request);
      responses.begin(response);
      const result = hpack.decode(bytes, start, end, reader);
      const fault = reader.finish();
      add(
        `head ${result} ${fault} ${isServer ? textOf(request) : JSON.stringify({ ...response, headers: response.headers.toArray() })}`,
      );
      if (result !== 'ok' && result !== 'too-large') return;
      if (isServer && result === 'ok' && fault === undefined) checkRequest(request);
    }
  }
};

const target = (name: string, isServer: boolean): FuzzTarget => ({
  name,
  seeds: frames.map((bytes) => Buffer.concat([isServer ? clientStart : settingsFrame(), bytes])),
  dictionary,
  run: (bytes, cuts) => {
    const chunks = cutAt(bytes, cuts);
    const log = boundedLog(bytes);
    for (const line of eventsOf(isServer, chunks, limits)) log.add(line);
    meanings(isServer, chunks, log.add);
    return log.lines.join('\n');
  },
  features: (outcome) => {
    const all: string[] = [];
    let previous = '';
    for (const line of outcome.split('\n')) {
      const [kind = '', first = '', second = ''] = line.split(' ');
      const feature =
        kind === 'head'
          ? `${kind} ${first} ${second} ${line.split('"').length}`
          : `${kind} ${kind === 'error' ? first : ''}`;
      all.push(`${previous} > ${feature}`);
      previous = kind;
    }
    return all;
  },
});

export const http2ServerTarget: FuzzTarget = target('http2-server', true);
export const http2ClientTarget: FuzzTarget = target('http2-client', false);
