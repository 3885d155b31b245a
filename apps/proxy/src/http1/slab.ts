/**
 * Memory for output. A connection borrows a slab when it has something to write and gives it back when the socket has
 * taken the bytes, so idle connections hold none. A slab given to a socket is not written to until then.
 */

export const slabBytes = 16 * 1024;
/** Slabs kept for later: what a busy tick needs, not what a burst once needed. */
const maxKept = 64;

const kept: Buffer[] = [];

export const takeSlab = (): Buffer => kept.pop() ?? Buffer.allocUnsafeSlow(slabBytes);

export const giveSlab = (slab: Buffer): void => {
  if (kept.length < maxKept) kept.push(slab);
};
