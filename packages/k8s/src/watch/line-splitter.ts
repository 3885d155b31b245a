/** Bytes in, complete lines out: a watch sends one JSON object a line, and cuts its chunks wherever it likes. */

const newline = 0x0a;

export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param maxLineBytes what one line may hold at most */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * The lines that `chunk` completes, without their line ends. The rest is kept for the next chunk; what is left at the
   * end of a stream was cut off, and is dropped with the splitter. @throws {RangeError} over the bound
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
      lines.push(line?.toString('utf8') ?? '');
      this.#parts = [];
      this.#bytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxLineBytes) throw new RangeError(`a line exceeds ${this.#maxLineBytes} bytes`);
    this.#parts.push(part);
  }
}
