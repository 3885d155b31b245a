/** Trailer sections (RFC 9112 §7.1.2): fields after a chunked body, of which some may not come so late. */
import type { HeaderList } from '../header-list.ts';
import type { Http1ErrorCode } from './error.ts';
import { appendScannedFields, scanFields } from './field-scanner.ts';

/** Decodes a complete trailer section, its empty line included, into `trailers`. */
export const decodeTrailers = (block: Buffer, maxCount: number, trailers: HeaderList): Http1ErrorCode | undefined => {
  const end = scanFields(block, 0, maxCount);
  if (typeof end === 'string') return end === 'incomplete' ? 'bad-field-value' : end;
  trailers.reset();
  appendScannedFields(block.toString('latin1'), 0, trailers);
  for (let i = 0; i < trailers.size; i++) if (forbidden.has(trailers.nameAt(i))) return 'forbidden-trailer';
  return undefined;
};

/** Fields that frame, route, authenticate or control a message: meaningless or dangerous after it (RFC 9110 §6.5.1). */
const forbidden: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
