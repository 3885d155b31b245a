export {
  EncodeFault,
  encodeChunkEnd,
  encodeChunkHead,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  maxChunkHeadBytes,
} from './encode.ts';
export { type Http1Error, type Http1ErrorCode, http1Error, http1Errors } from './error.ts';
export { Http1Event } from './event.ts';
export { BodyLength, type MessageHead, type RequestHead, type ResponseHead, type TargetForm } from './head.ts';
export { defaultHttp1Limits, type Http1Limits } from './limits.ts';
export { RequestDecoder } from './request-decoder.ts';
export { ResponseDecoder } from './response-decoder.ts';
