/** Bodies of requests, bounded one by one and together: anybody in the cluster can send one. */
import type { IncomingMessage } from 'node:http';

export type RequestBody =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** Too many are under way. */
  | { readonly kind: 'overloaded' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly maxTotalBytes: number;
}

/** The API server takes requests of 3 MiB, which an envelope is put around. */
export const defaultBodyLimits: BodyLimits = { maxBytes: 4 * 1024 * 1024, maxTotalBytes: 64 * 1024 * 1024 };

export class RequestBodies {
  readonly #limits: BodyLimits;
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Rejects when the client goes away. After another outcome than a body, the rest is still to be read. */
  async read(request: IncomingMessage): Promise<RequestBody> {
    const { maxBytes, maxTotalBytes } = this.#limits;
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { kind: 'too-large' };
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      // Leaving the loop must not destroy the socket, on which the answer still has to go out.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += chunk.length;
        this.#heldBytes += chunk.length;
        if (length > maxBytes) return { kind: 'too-large' };
        if (this.#heldBytes > maxTotalBytes) return { kind: 'overloaded' };
        chunks.push(chunk);
      }
    } finally {
      this.#heldBytes -= length;
    }
    return { kind: 'body', bytes: Buffer.concat(chunks, length) };
  }
}
