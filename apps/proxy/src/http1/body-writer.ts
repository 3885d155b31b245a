/** Writes one body in the framing its head announced, and holds its producer to a declared length. */
import type { HeaderList } from '@heddle/wire';
import { encodeChunkEnd, encodeChunkHead, encodeLastChunk, maxChunkHeadBytes } from '@heddle/wire/http1';
import type { OutputFraming } from './framing.ts';
import { slabBytes } from './slab.ts';
import type { SocketWriter } from './socket-writer.ts';

export class BodyWriter {
  readonly #writer: SocketWriter;
  #framing: OutputFraming = 'none';
  #left = 0;

  constructor(writer: SocketWriter) {
    this.#writer = writer;
  }

  begin(framing: OutputFraming, contentLength: number): void {
    this.#framing = framing;
    this.#left = framing === 'length' ? contentLength : 0;
  }

  /** @returns false when these bytes may not be sent: more than declared, or where there is no body */
  data(bytes: Buffer): boolean {
    switch (this.#framing) {
      case 'length':
        if (bytes.length > this.#left) return false;
        this.#left -= bytes.length;
        break;
      case 'chunked':
        if (bytes.length === 0) return true;
        this.#chunk(bytes);
        return true;
      case 'none':
        return bytes.length === 0;
      case 'until-close':
      case 'tunnel':
        break;
    }
    this.#writer.writeBody(bytes);
    return true;
  }

  /** @returns false when the body is shorter than declared, or its trailers cannot be said */
  end(trailers: HeaderList | undefined): boolean {
    if (this.#framing !== 'chunked') return this.#left === 0;
    const writer = this.#writer;
    const end = encodeLastChunk(writer.room(trailers === undefined ? 5 : slabBytes), writer.position, trailers);
    if (end >= 0) writer.advance(end);
    return end >= 0;
  }

  #chunk(bytes: Buffer): void {
    const writer = this.#writer;
    writer.advance(encodeChunkHead(writer.room(maxChunkHeadBytes), writer.position, bytes.length));
    writer.writeBody(bytes);
    writer.advance(encodeChunkEnd(writer.room(2), writer.position));
  }
}
