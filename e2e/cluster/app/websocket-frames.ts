/** Frames of RFC 6455 up to 64 KiB, unfragmented: all that the scenarios send. */
export const opcodes = { text: 1, close: 8 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** @param mask for frames of a client */
export const frame = (opcode: number, payload: Buffer, mask?: Buffer): Buffer => {
  const masked = mask === undefined ? 0 : 0x80;
  const isLong = payload.length > 125;
  const head = Buffer.alloc(isLong ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = masked | (isLong ? 126 : payload.length);
  if (isLong) head.writeUInt16BE(payload.length, 2);
  return mask === undefined ? Buffer.concat([head, payload]) : Buffer.concat([head, mask, applyMask(payload, mask)]);
};

const applyMask = (payload: Buffer, mask: Buffer): Buffer =>
  Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));

export class FrameReader {
  #held = Buffer.alloc(0);

  /** The frames that are complete now. */
  *push(data: Buffer): Generator<Frame> {
    this.#held = Buffer.concat([this.#held, data]);
    for (;;) {
      const held = this.#held;
      if (held.length < 2) return;
      const isMasked = ((held[1] ?? 0) & 0x80) !== 0;
      const short = (held[1] ?? 0) & 0x7f;
      const headLength = (short === 126 ? 4 : 2) + (isMasked ? 4 : 0);
      if (held.length < headLength) return;
      const length = short === 126 ? held.readUInt16BE(2) : short;
      if (held.length < headLength + length) return;
      const raw = held.subarray(headLength, headLength + length);
      const payload = isMasked ? applyMask(raw, held.subarray(headLength - 4, headLength)) : Buffer.from(raw);
      this.#held = held.subarray(headLength + length);
      yield { opcode: (held[0] ?? 0) & 0x0f, payload };
    }
  }
}
