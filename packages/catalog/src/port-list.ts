/**
 * Lists of ports in annotations (`config.linkerd.io/opaque-ports: 25,3306,9000-9010,mysql`): numbers, inclusive ranges
 * and names of ports.
 */

export interface PortList {
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  readonly names: readonly string[];
}

/** Parses a list. Entries that are no port, range or name are left out: a list never grows by a mistake in it. */
export const parsePortList = (text: string): PortList => {
  const ranges: { first: number; last: number }[] = [];
  const names: string[] = [];
  for (const entry of text.split(',')) {
    const item = entry.trim();
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(item);
    if (match) {
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      if (first >= 1 && last <= 65_535 && first <= last) ranges.push({ first, last });
    } else if (PORT_NAME.test(item)) names.push(item);
  }
  return { ranges, names };
};

/** Whether the list holds the port, by its number or by one of its names. */
export const includesPort = (list: PortList, port: number, names: readonly string[] = []): boolean =>
  list.ranges.some(({ first, last }) => port >= first && port <= last) ||
  names.some((name) => list.names.includes(name));

/** The names Kubernetes allows for ports: at least one letter, so that a name is never a number. */
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
