/**
 * The two calls by which header text crosses between octets and strings. `toString('latin1')` and `write(…, 'latin1')`
 * first look the encoding up by name, which for strings this short costs as much as the copy; the methods behind them
 * are part of Buffer but missing from its published types.
 */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, length: number): number;
}

/** The octets `bytes[start..end)` as a string of one char each. */
export const readLatin1 = (bytes: Buffer, start: number, end: number): string =>
  start === end ? '' : (bytes as unknown as Latin1Buffer).latin1Slice(start, end);

/** Up to this length a loop beats the call into native code. */
const maxLoop = 16;

/** Writes the low octet of each char at `at`, where there must be room, and returns the offset behind it. */
export const writeLatin1 = (text: string, out: Buffer, at: number): number => {
  const { length } = text;
  if (length > maxLoop) return at + (out as unknown as Latin1Buffer).latin1Write(text, at, length);
  for (let i = 0; i < length; i++) out[at++] = text.charCodeAt(i);
  return at;
};
