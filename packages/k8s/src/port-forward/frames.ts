/**
 * WebSocket frames (RFC 6455 section 5) as a client of the Kubernetes API meets them: binary messages out, one frame
 * each; whatever comes in, put together again. No extensions, and bounded.
 */
import { randomFillSync } from 'node:crypto';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type Message =
  | { readonly kind: 'data' | 'ping' | 'pong' | 'close'; readonly payload: Buffer }
  | { readonly kind: 'invalid'; readonly reason: string };

const maxMessageBytes = 4 * 1024 * 1024;

/** One frame, masked as every frame of a client is. */
export const encodeFrame = (code: number, payload: Uint8Array): Buffer => {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + lengthBytes + 4 + length);
  frame[0] = 0x80 | code;
  frame[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = frame.subarray(2 + lengthBytes, 6 + lengthBytes);
  randomFillSync(mask);
  const body = frame.subarray(6 + lengthBytes);
  for (let index = 0; index < length; index += 1) {
    body[index] = (payload[index] as number) ^ (mask[index & 3] as number);
  }
  return frame;
};

/** Puts messages together from the bytes of a server. After an `invalid` one nothing comes. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #isBroken = false;

  push(chunk: Buffer): readonly Message[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const messages: Message[] = [];
    while (!this.#isBroken) {
      const message = this.#next();
      if (message === undefined) break;
      if (message === 'part') continue;
      if (message.kind === 'invalid') this.#isBroken = true;
      messages.push(message);
    }
    return messages;
  }

  #next(): Message | 'part' | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const [first, second] = [bytes[0] as number, bytes[1] as number];
    if ((first & 0x70) !== 0 || (second & 0x80) !== 0) return invalid('a frame with an extension or a mask');
    const short = second & 0x7f;
    const start = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
    if (bytes.length < start) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (length > maxMessageBytes) return invalid(`a frame of ${length} bytes`);
    if (bytes.length < start + length) return undefined;
    const payload = Buffer.from(bytes.subarray(start, start + length));
    this.#bytes = bytes.subarray(start + length);
    return this.#messageFrom(first & 0x0f, (first & 0x80) !== 0, payload);
  }

  #messageFrom(code: number, isLast: boolean, payload: Buffer): Message | 'part' {
    switch (code) {
      case opcode.ping:
        return { kind: 'ping', payload };
      case opcode.pong:
        return { kind: 'pong', payload };
      case opcode.close:
        return { kind: 'close', payload };
      case opcode.binary:
      case opcode.text:
      case opcode.continuation:
        break;
      default:
        return invalid(`a frame with the opcode ${code}`);
    }
    this.#parts.push(payload);
    const total = this.#parts.reduce((bytes, part) => bytes + part.length, 0);
    if (total > maxMessageBytes) return invalid(`a message of more than ${maxMessageBytes} bytes`);
    if (!isLast) return 'part';
    const [only] = this.#parts;
    const whole = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    return { kind: 'data', payload: whole };
  }
}

const invalid = (reason: string): Message => ({ kind: 'invalid', reason });
