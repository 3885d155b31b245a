/**
 * Memory for output. A connection borrows a slab when it has something to write and gives it back when the socket has
 * taken the bytes, so idle connections hold none. A slab given to a socket is not written to until then.
 */

export const slabBytes = 16 * 1024;
/** Slabs kept for later: what a busy tick needs, not what a burst once needed. */
const maxKept = 64;

/** Where those that are kept come from. The first stretch is nobody's, so that an offset of 0 means another memory. */
export const slabPool: Buffer = Buffer.allocUnsafeSlow((maxKept + 1) * slabBytes);
const kept: Buffer[] = Array.from({ length: maxKept }, (_, index) =>
  slabPool.subarray((maxKept - index) * slabBytes, (maxKept - index + 1) * slabBytes),
);

export const takeSlab = (): Buffer => kept.pop() ?? Buffer.allocUnsafeSlow(slabBytes);

export const giveSlab = (slab: Buffer): void => {
  if (slab.byteOffset > 0) kept.push(slab);
};
