/**
 * Reads chunk-size lines octet by octet (RFC 9112 §7.1), keeping a state instead of the octets, so that any split
 * costs nothing and nothing is buffered. Extensions are checked against their grammar, bounded, and dropped.
 *
 *   size ──';'──> name ──'='──> value ──';'──> name …        every state but `start`, `name start`, `value start`
 *     └──────────── CR ──────────────┴───────> LF ──> done    and the quoted ones may end with CR
 *
 * Blanks around ';' and '=' ("bad whitespace") are refused: no sender needs them and parsers disagree about them.
 */
import type { Http1ErrorCode } from './error.ts';
import { hexDigit, isQuotedOctet, isValueOctet, tokenLower } from './grammar.ts';
import type { Http1Limits } from './limits.ts';

const State = {
  start: 0,
  size: 1,
  nameStart: 2,
  name: 3,
  valueStart: 4,
  value: 5,
  quoted: 6,
  quotedPair: 7,
  quotedEnd: 8,
  lineFeed: 9,
} as const;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

export class ChunkLineReader {
  /** Octets of the chunk announced by the last complete line. */
  size = 0;
  isComplete = false;
  fault: Http1ErrorCode | undefined;
  #state: number = State.start;
  #length = 0;
  #extensionBytes = 0;

  /** Starts over for another body. */
  reset(): void {
    this.beginLine();
    this.#extensionBytes = 0;
  }

  /** Starts over for the next line of the same body. */
  beginLine(): void {
    this.size = 0;
    this.isComplete = false;
    this.fault = undefined;
    this.#state = State.start;
    this.#length = 0;
  }

  /** Reads from `chunk` at `from` up to the end of the line, a fault, or the end of input; returns the next position. */
  read(chunk: Buffer, from: number, limits: Http1Limits): number {
    let at = from;
    while (at < chunk.length) {
      const octet = chunk[at++] ?? 0;
      if (this.#state === State.lineFeed) {
        this.isComplete = octet === LF;
        if (!this.isComplete) this.fault = 'bad-chunk-size';
        return at;
      }
      if (++this.#length > limits.maxChunkLineBytes + 1) this.fault = this.#faultHere();
      else this.#step(octet, limits);
      if (this.fault !== undefined) return at;
    }
    return at;
  }

  #step(octet: number, limits: Http1Limits): void {
    const state = this.#state;
    if (state <= State.size) {
      const digit = hexDigit[octet] ?? 255;
      if (digit < 16) {
        this.size = this.size * 16 + digit;
        this.#state = State.size;
        if (this.size > Number.MAX_SAFE_INTEGER) this.fault = 'bad-chunk-size';
        return;
      }
    } else if (++this.#extensionBytes > limits.maxChunkExtensionBytes) {
      this.fault = 'bad-chunk-extension';
      return;
    }
    const next = transition(state, octet);
    if (next < 0) this.fault = this.#faultHere();
    else this.#state = next;
  }

  #faultHere(): Http1ErrorCode {
    return this.#state <= State.size ? 'bad-chunk-size' : 'bad-chunk-extension';
  }
}

/** The state after `octet`, or -1 if it may not stand there. */
const transition = (state: number, octet: number): number => {
  const isToken = tokenLower[octet] !== 0;
  switch (state) {
    case State.size:
    case State.quotedEnd:
      return afterMember(octet);
    case State.nameStart:
      return isToken ? State.name : -1;
    case State.name:
      if (octet === EQUALS) return State.valueStart;
      return isToken ? State.name : afterMember(octet);
    case State.valueStart:
      if (octet === QUOTE) return State.quoted;
      return isToken ? State.value : -1;
    case State.value:
      return isToken ? State.value : afterMember(octet);
    case State.quoted:
      if (octet === QUOTE) return State.quotedEnd;
      if (octet === BACKSLASH) return State.quotedPair;
      return isQuotedOctet[octet] === 1 ? State.quoted : -1;
    case State.quotedPair:
      return isValueOctet[octet] === 1 ? State.quoted : -1;
    default:
      return -1;
  }
};

const afterMember = (octet: number): number => {
  if (octet === SEMICOLON) return State.nameStart;
  return octet === CR ? State.lineFeed : -1;
};
