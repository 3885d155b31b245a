export {
  defaultTableSize,
  type FieldSink,
  HpackDecoder,
  type HpackDecoderLimits,
  type HpackResult,
} from './decoder.ts';
export { fieldOverhead } from './dynamic-table.ts';
export { encodeField, fieldText, maxEncodedLength, tableSizeZero } from './encoder.ts';
