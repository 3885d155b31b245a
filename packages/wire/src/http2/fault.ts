/**
 * What a peer can do wrong in HTTP/2: one closed table. A connection fault ends the connection with GOAWAY, a stream
 * fault ends one stream with RST_STREAM (RFC 9113 sections 5.4.1 and 5.4.2). `section` is of RFC 9113 unless it says
 * otherwise.
 */
import { ErrorCode } from './protocol.ts';

const connection = 'connection';
const stream = 'stream';
const { protocolError, frameSizeError, flowControlError, compressionError, enhanceYourCalm, streamClosed } = ErrorCode;

const table = {
  'bad-preface': { scope: connection, code: protocolError, section: '3.4', text: 'the client preface is wrong' },
  'settings-not-first': {
    scope: connection,
    code: protocolError,
    section: '3.4',
    text: 'the first frame is not SETTINGS',
  },
  'frame-too-large': {
    scope: connection,
    code: frameSizeError,
    section: '4.2',
    text: 'a frame is larger than SETTINGS_MAX_FRAME_SIZE',
  },
  'bad-frame-length': {
    scope: connection,
    code: frameSizeError,
    section: '4.2',
    text: 'a frame has a length that its type does not allow',
  },
  'bad-stream-id': {
    scope: connection,
    code: protocolError,
    section: '5.1.1',
    text: 'a frame of this type may not be on this stream id',
  },
  'stream-id-reused': {
    scope: connection,
    code: protocolError,
    section: '5.1.1',
    text: 'a new stream does not have a higher id than those before',
  },
  'idle-stream': {
    scope: connection,
    code: protocolError,
    section: '5.1',
    text: 'a frame is on a stream that was never opened',
  },
  'unexpected-continuation': {
    scope: connection,
    code: protocolError,
    section: '6.10',
    text: 'CONTINUATION does not follow an unfinished header block',
  },
  'interrupted-block': {
    scope: connection,
    code: protocolError,
    section: '4.3',
    text: 'another frame interrupts a header block',
  },
  'bad-padding': { scope: connection, code: protocolError, section: '6.1', text: 'padding is longer than its frame' },
  'block-too-large': {
    scope: connection,
    code: enhanceYourCalm,
    section: '10.5.1',
    text: 'a header block is longer than the limit',
  },
  'too-many-continuations': {
    scope: connection,
    code: enhanceYourCalm,
    section: '10.5',
    text: 'a header block comes in too many CONTINUATION frames',
  },
  'bad-compression': {
    scope: connection,
    code: compressionError,
    section: '4.3',
    text: 'a header block cannot be decoded',
  },
  'bad-setting': { scope: connection, code: protocolError, section: '6.5.2', text: 'a setting has a forbidden value' },
  'bad-initial-window': {
    scope: connection,
    code: flowControlError,
    section: '6.5.2',
    text: 'SETTINGS_INITIAL_WINDOW_SIZE is above 2^31 - 1, or overflows the window of a stream',
  },
  'unexpected-settings-ack': {
    scope: connection,
    code: protocolError,
    section: '6.5.3',
    text: 'SETTINGS are acknowledged that were not sent',
  },
  'settings-timeout': {
    scope: connection,
    code: ErrorCode.settingsTimeout,
    section: '6.5.3',
    text: 'SETTINGS were not acknowledged in time',
  },
  'push-promise': { scope: connection, code: protocolError, section: '8.4', text: 'PUSH_PROMISE, which is disabled' },
  'connection-window-exceeded': {
    scope: connection,
    code: flowControlError,
    section: '6.9',
    text: 'DATA exceeds the window of the connection',
  },
  'connection-window-overflow': {
    scope: connection,
    code: flowControlError,
    section: '6.9.1',
    text: 'the window of the connection is raised above 2^31 - 1',
  },
  'zero-connection-increment': {
    scope: connection,
    code: protocolError,
    section: '6.9',
    text: 'the window of the connection is raised by 0',
  },
  'too-many-resets': {
    scope: connection,
    code: enhanceYourCalm,
    section: '10.5',
    text: 'streams are reset faster than the limit',
  },
  'too-many-control-frames': {
    scope: connection,
    code: enhanceYourCalm,
    section: '10.5',
    text: 'frames without data come faster than the limit',
  },
  'ping-timeout': {
    scope: connection,
    code: ErrorCode.noError,
    section: '6.7',
    text: 'a PING was not answered in time',
  },
  'closed-stream': {
    scope: connection,
    code: streamClosed,
    section: '5.1',
    text: 'a frame is on a stream that has closed',
  },
  'frame-timeout': {
    scope: connection,
    code: enhanceYourCalm,
    section: '10.5',
    text: 'a frame or header block was not completed in time',
  },

  'window-exceeded': { scope: stream, code: flowControlError, section: '6.9', text: 'DATA exceeds the window' },
  'window-overflow': {
    scope: stream,
    code: flowControlError,
    section: '6.9.1',
    text: 'the window is raised above 2^31 - 1',
  },
  'zero-increment': { scope: stream, code: protocolError, section: '6.9', text: 'the window is raised by 0' },
  'stream-closed': {
    scope: stream,
    code: streamClosed,
    section: '5.1',
    text: 'a frame came behind the end of its stream',
  },
  'too-many-streams': {
    scope: stream,
    code: ErrorCode.refusedStream,
    section: '5.1.2',
    text: 'more streams are open than SETTINGS_MAX_CONCURRENT_STREAMS',
  },
  'fields-too-large': {
    scope: stream,
    code: enhanceYourCalm,
    section: '10.5.1',
    text: 'the decoded fields are larger than SETTINGS_MAX_HEADER_LIST_SIZE, or too many',
  },
  'bad-field-name': {
    scope: stream,
    code: protocolError,
    section: '8.2.1',
    text: 'a field name is not a lower-case token',
  },
  'bad-field-value': {
    scope: stream,
    code: protocolError,
    section: '8.2.1',
    text: 'a field value has a control character, or a blank at an end',
  },
  'connection-field': {
    scope: stream,
    code: protocolError,
    section: '8.2.2',
    text: 'a field is specific to HTTP/1 connections',
  },
  'bad-pseudo-field': {
    scope: stream,
    code: protocolError,
    section: '8.3',
    text: 'a pseudo-header field is unknown, repeated, out of place or missing',
  },
  'bad-method': { scope: stream, code: protocolError, section: '8.3.1', text: ':method is not a token' },
  'bad-scheme': { scope: stream, code: protocolError, section: '8.3.1', text: ':scheme is neither http nor https' },
  'bad-path': {
    scope: stream,
    code: protocolError,
    section: '8.3.1',
    text: ':path is not a path and query of printable ASCII that begins with "/"',
  },
  'bad-authority': {
    scope: stream,
    code: protocolError,
    section: '8.3.1',
    text: ':authority is not a host and optional port, or Host differs from it',
  },
  'bad-connect': {
    scope: stream,
    code: protocolError,
    section: '8.5',
    text: 'CONNECT has :scheme or :path, or no :authority',
  },
  'bad-status': {
    scope: stream,
    code: protocolError,
    section: '8.3.2',
    text: ':status is not three digits, or is 101',
  },
  'bad-content-length': {
    scope: stream,
    code: protocolError,
    section: '8.1.1',
    text: 'Content-Length is not one decimal number, or not the length of the content',
  },
  'missing-head': {
    scope: stream,
    code: protocolError,
    section: '8.1',
    text: 'content or the end of the stream came before a final response head',
  },
  'bad-trailers': {
    scope: stream,
    code: protocolError,
    section: '8.1',
    text: 'trailers do not end the stream, or have a field that may not be a trailer',
  },
} as const;

export type Http2FaultName = keyof typeof table;

export interface Http2Fault {
  readonly name: Http2FaultName;
  readonly scope: 'connection' | 'stream';
  /** RFC 9113 section 7. */
  readonly code: number;
  readonly section: string;
  readonly text: string;
}

const faults = Object.fromEntries(
  Object.entries(table).map(([name, row]) => [name, Object.freeze({ name, ...row })]),
) as unknown as Readonly<Record<Http2FaultName, Http2Fault>>;

/** The fault of a name. Same object for the same name. */
export const http2Fault = (name: Http2FaultName): Http2Fault => faults[name];

/** Every fault there is, for reference pages and tests. */
export const http2Faults: readonly Http2Fault[] = Object.values(faults);
