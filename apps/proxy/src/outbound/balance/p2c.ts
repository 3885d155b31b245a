/**
 * Power of two choices: compare two endpoints drawn at random and take the cheaper. Nearly as good as comparing all, and
 * it does not send everybody to the one that looks best.
 */

/**
 * Index of the chosen endpoint, or -1 when none is ready.
 * @param random uniform in [0, 1); called at most twice
 */
export const pickOfTwo = (
  count: number,
  isReady: (index: number) => boolean,
  cost: (index: number) => number,
  random: () => number,
): number => {
  const first = readyFrom(Math.floor(random() * count), count, isReady);
  if (first < 0) return -1;
  const start = (first + 1 + Math.floor(random() * Math.max(count - 1, 1))) % count;
  const second = readyFrom(start, count, (index) => index !== first && isReady(index));
  return second < 0 || cost(first) <= cost(second) ? first : second;
};

/** The first ready index at or after `start`, going round. */
const readyFrom = (start: number, count: number, isReady: (index: number) => boolean): number => {
  for (let step = 0; step < count; step += 1) {
    const index = (start + step) % count;
    if (isReady(index)) return index;
  }
  return -1;
};
