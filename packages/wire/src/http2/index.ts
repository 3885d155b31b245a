export { Http2Event } from './event.ts';
export { type Http2Fault, type Http2FaultName, http2Fault, http2Faults } from './fault.ts';
export { classifyField } from './field-facts.ts';
export { ReceiveWindow, SendWindow } from './flow-window.ts';
export { defaultFrameDecoderLimits, type FrameDecoderLimits, Http2FrameDecoder } from './frame-decoder.ts';
export * from './frame-encoder.ts';
export {
  encodeHeaders,
  type HeadersFrame,
  headersBound,
  requestBlock,
  responseBlock,
  trailersBlock,
} from './head-encoder.ts';
export {
  type Http2RequestHead,
  type Http2ResponseHead,
  RequestHeadReader,
  ResponseHeadReader,
  TrailerReader,
} from './head-reader.ts';
export {
  clientPreface,
  defaultMaxFrameBytes,
  defaultWindowBytes,
  ErrorCode,
  Flag,
  FrameType,
  frameHeaderBytes,
  maxStreamId,
  maxWindowBytes,
  SettingId,
} from './protocol.ts';
export { PeerSettings } from './settings.ts';
