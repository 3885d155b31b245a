/**
 * Watches the first bytes of a client on a relay that began before it was known what the client speaks: it said nothing
 * for as long as detection waits, or too little, or a peer's proxy called the connection opaque. Should they turn out to
 * be HTTP, the relay has to end before a request is whole, or whoever waits a while could send the application any
 * header in the name of the mesh.
 */
import { detectInbound } from './http-likeness.ts';
import { maxDetectBytes } from './protocol-detect.ts';

export type FirstBytes = 'undecided' | 'http' | 'other';

export class LateHttp {
  #seen: Buffer = Buffer.alloc(0);

  /** Looks at the next bytes, which are not to be passed on if they are HTTP. Not asked again once it has decided. */
  look(bytes: Buffer): FirstBytes {
    const isFirst = this.#seen.length === 0;
    const seen = isFirst ? bytes : Buffer.concat([this.#seen, bytes.subarray(0, maxDetectBytes)]);
    const found = detectInbound(seen.subarray(0, maxDetectBytes));
    if (found !== undefined) return found === 'not-http' ? 'other' : 'http';
    this.#seen = isFirst ? Buffer.from(seen) : seen;
    return 'undecided';
  }
}
