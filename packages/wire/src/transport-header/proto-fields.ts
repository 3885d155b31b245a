/** Protocol Buffers on the wire, as far as the transport header needs it: a flat list of fields, no groups. */

export interface ProtoField {
  readonly number: number;
  /** Value of a varint field; 0 for others. More than 2^53 is rounded, which no caller accepts anyhow. */
  readonly varint: number;
  /** Content of a length-delimited field; undefined for others. Fixed-width fields are left out: none is known. */
  readonly bytes: Buffer | undefined;
}

/** Splits a message into its fields; undefined if it is not well-formed. */
export const decodeFields = (message: Buffer): ProtoField[] | undefined => {
  const fields: ProtoField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = decodeVarint(message, at);
    if (tag === undefined || tag.value > 0xffff_ffff) return undefined;
    at = tag.end;
    const number = Math.floor(tag.value / 8);
    if (number === 0) return undefined;
    const wireType = tag.value % 8;
    if (wireType === 1 || wireType === 5) {
      at += wireType === 1 ? 8 : 4;
    } else {
      const head = wireType === 0 || wireType === 2 ? decodeVarint(message, at) : undefined;
      if (head === undefined) return undefined;
      at = head.end + (wireType === 2 ? head.value : 0);
      const bytes = wireType === 2 ? message.subarray(head.end, at) : undefined;
      fields.push({ number, varint: wireType === 0 ? head.value : 0, bytes });
    }
    if (at > message.length) return undefined;
  }
  return fields;
};

export const encodeField = (number: number, content: Buffer): Buffer =>
  Buffer.concat([encodeVarint(number * 8 + 2), encodeVarint(content.length), content]);

/** Encodes a number of 0..2^53-1. */
export const encodeVarint = (value: number): Buffer => {
  const octets: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128);
  octets.push(rest);
  return Buffer.from(octets);
};

const decodeVarint = (message: Buffer, start: number): { value: number; end: number } | undefined => {
  let value = 0;
  let scale = 1;
  for (let at = start; at < start + 10; at++) {
    const octet = message[at];
    if (octet === undefined) return undefined;
    value += (octet & 0x7f) * scale;
    scale *= 128;
    if (octet < 0x80) return { value, end: at + 1 };
  }
  return undefined;
};
