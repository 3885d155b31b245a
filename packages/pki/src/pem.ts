/** PEM (RFC 7468): text to labelled DER blocks and back. Text outside of blocks is allowed, as tools write comments there. */
import type { Parsed } from './model.ts';

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
  /** Line of the BEGIN marker, from 1. */
  readonly line: number;
}

/** A bundle of some hundred certificates is below this. */
const maxTextLength = 1024 * 1024;
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

export const parsePem = (text: string): Parsed<readonly PemBlock[]> => {
  const invalid = (reason: string): Parsed<readonly PemBlock[]> => ({ kind: 'invalid', reason });
  if (text.length > maxTextLength) return invalid(`larger than ${maxTextLength} characters`);
  const blocks: PemBlock[] = [];
  let open: { label: string; line: number; base64: string } | undefined;
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.trim();
    const [, marker, label = ''] = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/.exec(line) ?? [];
    if (open === undefined) {
      if (marker === 'BEGIN') open = { label, line: index + 1, base64: '' };
      else if (marker === 'END') return invalid(`line ${index + 1}: END ${label} without BEGIN`);
    } else if (marker === undefined) open.base64 += line;
    else if (marker === 'BEGIN' || label !== open.label) {
      return invalid(`line ${open.line}: BEGIN ${open.label} is not closed before line ${index + 1}`);
    } else {
      if (open.base64.length % 4 !== 0 || !base64Text.test(open.base64)) {
        return invalid(`line ${open.line}: the ${label} block is not base64`);
      }
      blocks.push({ label, der: Buffer.from(open.base64, 'base64'), line: open.line });
      open = undefined;
    }
  }
  if (open !== undefined) return invalid(`line ${open.line}: BEGIN ${open.label} is never closed`);
  return { kind: 'ok', value: blocks };
};

export const encodePemBlock = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};
