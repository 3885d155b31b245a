/** Sets of ports as rules name them, and the limit of iptables' multiport match. */

/** Inclusive; a single port has `first === last`. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** multiport takes at most 15 ports a rule, of which a range counts as two (iptables-extensions(8)). */
export const multiportSlots = 15;

const slotsOf = ({ first, last }: PortRange): number => (first === last ? 1 : 2);

/** Splits a list, in order, into the fewest lists that each fit one multiport match. */
export const multiportGroups = (ranges: readonly PortRange[]): PortRange[][] => {
  const groups: PortRange[][] = [];
  let free = 0;
  for (const range of ranges) {
    const current = groups.at(-1);
    if (current === undefined || slotsOf(range) > free) {
      groups.push([range]);
      free = multiportSlots - slotsOf(range);
    } else {
      current.push(range);
      free -= slotsOf(range);
    }
  }
  return groups;
};

/** `4190`, or `4190:4199` as iptables writes a range. */
export const formatPortRange = ({ first, last }: PortRange): string =>
  first === last ? String(first) : `${first}:${last}`;
