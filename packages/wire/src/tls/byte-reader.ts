/**
 * A cursor over octets for TLS structures (RFC 8446 §3): reads never go past the end; one that would makes `isValid`
 * false for good and yields zeros or nothing, so that a parser checks once, where it acts.
 */
export class ByteReader {
  isValid = true;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** An unsigned big-endian number of one to three octets. */
  uint(octets: number): number {
    let value = 0;
    for (const octet of this.take(octets)) value = value * 256 + octet;
    return value;
  }

  take(length: number): Buffer {
    if (length > this.left) {
      this.isValid = false;
      return this.#bytes.subarray(0, 0);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A vector: its length in `lengthOctets`, between `min` and `max`, then its content. */
  vector(lengthOctets: number, min: number, max: number): ByteReader {
    const length = this.uint(lengthOctets);
    if (length < min || length > max) this.isValid = false;
    const content = new ByteReader(this.take(length));
    content.isValid = this.isValid;
    return content;
  }

  /** The rest. */
  rest(): Buffer {
    return this.take(this.left);
  }
}
