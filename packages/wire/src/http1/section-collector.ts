/**
 * Gathers a head or a trailer section that did not arrive in one piece: octets are copied once into a bounded buffer
 * and each is looked at once, so a section dripped octet by octet costs linear time.
 *
 * Only the shape of the lines is judged here (CRLF, lengths, counts). Every fault that needs no understanding of the
 * content is found here and found at the same octet however the input was split.
 */
import type { Http1ErrorCode } from './error.ts';

export interface SectionLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
  /** Longest first line, without CRLF; 0 if the section has no start line. */
  readonly maxStartLineBytes: number;
  readonly tooLarge: Http1ErrorCode;
}

const CR = 13;
const LF = 10;

export class SectionCollector {
  /** The octets so far; the section is `buffer.subarray(start, end)` once complete. */
  buffer: Buffer = emptyBuffer;
  /** Where the section starts: 2 after a leading empty line, else 0. */
  start = 0;
  /** Octets held. */
  end = 0;
  isComplete = false;
  fault: Http1ErrorCode | undefined;
  #lineStart = 0;
  #lines = 0;

  /** Copies from `chunk` at `from` what belongs to the section; returns the position after it. */
  take(chunk: Buffer, from: number, limits: SectionLimits): number {
    const before = this.end;
    const length = Math.min(chunk.length - from, limits.maxBytes - before);
    this.#reserve(before + length, limits.maxBytes);
    chunk.copy(this.buffer, before, from, from + length);
    this.end = before + length;
    this.#scan(before, limits);
    return from + this.end - before;
  }

  /** Forgets everything and lets go of the buffer. */
  reset(): void {
    this.buffer = emptyBuffer;
    this.start = 0;
    this.end = 0;
    this.isComplete = false;
    this.fault = undefined;
    this.#lineStart = 0;
    this.#lines = 0;
  }

  #scan(from: number, limits: SectionLimits): void {
    const { buffer, end } = this;
    for (let at = from; ; at++) {
      while (at < end && buffer[at] !== LF) at++;
      const lineFeed = at < end ? at : -1;
      const isStartLine = this.#lines === 0 && limits.maxStartLineBytes > 0;
      const length = (lineFeed < 0 ? end : lineFeed) - 1 - this.#lineStart;
      if (isStartLine && length > limits.maxStartLineBytes) this.fault = 'start-line-too-long';
      else if (lineFeed < 0 && end >= limits.maxBytes) this.fault = limits.tooLarge;
      else if (lineFeed >= 0 && buffer[lineFeed - 1] !== CR) this.fault = 'bare-line-feed';
      if (this.fault !== undefined || lineFeed < 0) return;

      const isEmpty = length === 0;
      const next = lineFeed + 1;
      this.#lineStart = next;
      if (isEmpty && isStartLine && this.start === 0) {
        this.start = next; // RFC 9112 §2.2: one empty line before a start line is ignored
      } else if (isEmpty) {
        this.end = next;
        this.isComplete = true;
        return;
      } else if (++this.#lines > limits.maxLines) {
        this.fault = 'too-many-fields';
        return;
      }
    }
  }

  #reserve(size: number, max: number): void {
    if (size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.min(max, Math.max(size, 2 * this.buffer.length, 1024)));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
  }
}

const emptyBuffer = Buffer.alloc(0);
