/** Header names and values as routes write them. */
import type { z } from 'zod';
import { textLike } from '../schema.ts';

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** A header name (a token, RFC 9110 section 5.1), in any letter case. */
export const headerName = (): z.ZodString =>
  textLike(token, 'a header name', "use letters, digits and !#$%&'*+-.^_`|~", 256);

/**
 * A header value as the proxy compares and writes it: its UTF-8 bytes, held as Latin-1 text. For ASCII that is the text
 * itself.
 */
export const headerBytes = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
