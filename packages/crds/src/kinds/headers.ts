/** Header names as routes write them. */
import type { z } from 'zod';
import { textLike } from '../schema.ts';

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** A header name (a token, RFC 9110 section 5.1), in any letter case. */
export const headerName = (): z.ZodString =>
  textLike(token, 'a header name', "use letters, digits and !#$%&'*+-.^_`|~", 256);
