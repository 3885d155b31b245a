/** For readers that are functions of the octets so far: the first verdict while the input grows. */
export const firstVerdict = <Verdict extends { readonly kind: string }>(
  bytes: Buffer,
  cuts: readonly number[],
  read: (bytes: Buffer) => Verdict,
): Verdict => {
  for (const cut of cuts) {
    const verdict = read(Buffer.from(bytes.subarray(0, cut)));
    if (verdict.kind !== 'needMore') return verdict;
  }
  return read(bytes);
};
