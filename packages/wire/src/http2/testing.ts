/** What the tests of HTTP/2 share: frames of any shape, and what a decoder makes of bytes. */
import { Http2Event } from './event.ts';
import type { FrameDecoderLimits } from './frame-decoder.ts';
import { Http2FrameDecoder } from './frame-decoder.ts';
import { encodeFrameHeader } from './frame-encoder.ts';
import { clientPreface, FrameType, frameHeaderBytes } from './protocol.ts';

/** A frame with these fields, right or wrong. */
export const frame = (type: number, flags: number, streamId: number, payload: Buffer | string = ''): Buffer => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const out = Buffer.alloc(frameHeaderBytes + bytes.length);
  encodeFrameHeader(out, 0, bytes.length, type, flags, streamId);
  bytes.copy(out, frameHeaderBytes);
  return out;
};

export const settingsFrame = (...settings: readonly (readonly [id: number, value: number])[]): Buffer => {
  const payload = Buffer.alloc(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return frame(FrameType.settings, 0, 0, payload);
};

/** The preface and empty SETTINGS that every client begins with. */
export const clientStart: Buffer = Buffer.concat([clientPreface, settingsFrame()]);

/** Everything that a decoder says of `chunks`, one line per event; pieces of one DATA frame are joined. */
export const eventsOf = (isServer: boolean, chunks: Iterable<Buffer>, limits?: FrameDecoderLimits): string[] => {
  const decoder = new Http2FrameDecoder(isServer, limits);
  const events: string[] = [];
  let open: { streamId: number; flowBytes: number; hex: string } | undefined;
  const close = (isEnd: boolean): void => {
    if (open === undefined) return;
    events.push(`data ${open.streamId} flow ${open.flowBytes} ${open.hex}${isEnd ? ' end' : ''}`);
    open = undefined;
  };
  for (const chunk of chunks) {
    if (decoder.fault !== undefined) break;
    decoder.push(chunk);
    for (;;) {
      const event = decoder.next();
      if (event === Http2Event.needMore) break;
      const hex = decoder.bytes.toString('hex', decoder.start, decoder.end);
      if (event === Http2Event.data) {
        // A new frame is known by its flow bytes, which are 0 on later pieces (and on an empty frame, which is whole).
        if (open === undefined || decoder.flowBytes > 0 || hex === '') {
          close(false);
          open = { streamId: decoder.streamId, flowBytes: decoder.flowBytes, hex: '' };
        }
        open.hex += hex;
        if (decoder.isEndStream) close(true);
        continue;
      }
      close(false);
      events.push(lineOf(event, decoder, hex));
      if (event === Http2Event.error) break;
    }
  }
  close(false);
  return events;
};

const lineOf = (event: number, decoder: Http2FrameDecoder, hex: string): string => {
  switch (event) {
    case Http2Event.headers:
      return `headers ${decoder.streamId} ${hex}${decoder.isEndStream ? ' end' : ''}`;
    case Http2Event.rstStream:
      return `rst ${decoder.streamId} ${decoder.errorCode}`;
    case Http2Event.settings:
      return `settings ${hex}`;
    case Http2Event.settingsAck:
      return 'settings ack';
    case Http2Event.ping:
      return `ping ${hex}`;
    case Http2Event.pingAck:
      return `ping ack ${hex}`;
    case Http2Event.goaway:
      return `goaway ${decoder.lastStreamId} ${decoder.errorCode} ${hex}`;
    case Http2Event.windowUpdate:
      return `window ${decoder.streamId} ${decoder.increment}`;
    case Http2Event.ignored:
      return `ignored ${decoder.streamId}`;
    default:
      return `error ${decoder.fault?.name}`;
  }
};
