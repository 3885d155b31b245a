/** Every fuzz target there is. A new codec adds its own here. */
import { clientHelloTarget } from './client-hello-target.ts';
import { hpackTarget } from './hpack-target.ts';
import { http1RequestTarget, http1ResponseTarget } from './http1-targets.ts';
import { http2ClientTarget, http2ServerTarget } from './http2-targets.ts';
import type { FuzzTarget } from './target.ts';
import { transportHeaderTarget } from './transport-header-target.ts';

export const targets: readonly FuzzTarget[] = [
  http1RequestTarget,
  http1ResponseTarget,
  clientHelloTarget,
  transportHeaderTarget,
  hpackTarget,
  http2ServerTarget,
  http2ClientTarget,
];
