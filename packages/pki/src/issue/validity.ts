/** How long a new certificate is valid (wire section 5.1). */
import type { Certificate } from '../model.ts';

export interface ValidityWindow {
  readonly nowMs: number;
  readonly lifetimeMs: number;
  /** Added at both ends, for peers whose clock differs; 0 by default. */
  readonly clockSkewMs?: number;
}

/** now - skew to now + lifetime + skew, whole seconds, cut to the earliest end of `chain`. */
export const validityOf = (
  { nowMs, lifetimeMs, clockSkewMs = 0 }: ValidityWindow,
  chain: readonly Certificate[],
): { notBeforeMs: number; notAfterMs: number } => ({
  notBeforeMs: wholeSeconds(nowMs - clockSkewMs),
  notAfterMs: wholeSeconds(Math.min(nowMs + lifetimeMs + clockSkewMs, ...chain.map(({ notAfterMs }) => notAfterMs))),
});

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** undefined when `certificate` is valid at `nowMs`; otherwise a sentence that also lets a wrong clock be recognised. */
export const whyOutsideValidity = ({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): string | undefined => {
  if (nowMs < notBeforeMs) return `not valid before ${isoTime(notBeforeMs)}, the clock here says ${isoTime(nowMs)}`;
  if (nowMs > notAfterMs) return `expired at ${isoTime(notAfterMs)}, the clock here says ${isoTime(nowMs)}`;
  return undefined;
};

const isoTime = (ms: number): string => new Date(ms).toISOString();
