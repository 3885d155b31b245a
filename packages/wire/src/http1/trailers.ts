/** Trailer sections (RFC 9112 §7.1.2): fields after a chunked body, of which some may not come so late. */
import type { HeaderList } from '../header-list.ts';
import { forbiddenTrailers } from '../trailer-fields.ts';
import type { Http1ErrorCode } from './error.ts';
import { appendScannedFields, scanFields } from './field-scanner.ts';

/** Decodes a complete trailer section, its empty line included, into `trailers`. */
export const decodeTrailers = (block: Buffer, maxCount: number, trailers: HeaderList): Http1ErrorCode | undefined => {
  const end = scanFields(block, 0, maxCount);
  if (typeof end === 'string') return end === 'incomplete' ? 'bad-field-value' : end;
  trailers.reset();
  appendScannedFields(block.toString('latin1'), 0, trailers);
  for (let i = 0; i < trailers.size; i++) if (forbiddenTrailers.has(trailers.nameAt(i))) return 'forbidden-trailer';
  return undefined;
};
