/**
 * The cost of an endpoint: how long it lately took to answer, times how much it is doing (wire §9.3). A slow answer
 * counts at once (peak), fast ones only wear it off.
 */

export interface EwmaParameters {
  /** Assumed before the first answer. */
  readonly defaultRttMs: number;
  /** Time constant: after this long without answers an estimate has lost 63 % of its weight. */
  readonly decayMs: number;
}

export interface EwmaState {
  readonly estimateMs: number;
  readonly updatedMs: number;
}

/** Answers quicker than this are not told apart. */
const floorMs = 1;

export const initialEwma = (parameters: EwmaParameters, nowMs: number): EwmaState => ({
  estimateMs: Math.max(parameters.defaultRttMs, floorMs),
  updatedMs: nowMs,
});

/** The estimate after an answer that took `rttMs`. */
export const observeRtt = (state: EwmaState, rttMs: number, nowMs: number, parameters: EwmaParameters): EwmaState => {
  const rtt = Math.max(rttMs, floorMs);
  if (rtt > state.estimateMs) return { estimateMs: rtt, updatedMs: nowMs };
  const weight = Math.exp(-Math.max(nowMs - state.updatedMs, 0) / parameters.decayMs);
  return { estimateMs: Math.max(state.estimateMs * weight + rtt * (1 - weight), floorMs), updatedMs: nowMs };
};

/** Cost at `nowMs` with `pending` requests unanswered; without news the estimate wears off, so idle endpoints are tried. */
export const costOf = (state: EwmaState, pending: number, nowMs: number, parameters: EwmaParameters): number => {
  const weight = Math.exp(-Math.max(nowMs - state.updatedMs, 0) / parameters.decayMs);
  return Math.max(state.estimateMs * weight, floorMs) * (pending + 1);
};
