/** Lists of ports: numbers, inclusive ranges and, where a container can be asked, names. */
import { expected, type Form, ok, splitList } from './forms.ts';

export type PortEntry =
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'name'; readonly name: string };

/** The names Kubernetes allows for ports: 1 to 15 characters, at least one of them a letter. */
const nameForm = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const rangeOf = (text: string): PortEntry | undefined => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  return first >= 1 && last <= 65_535 && first <= last ? { kind: 'range', first, last } : undefined;
};

/** `25,4000-4010`. */
export const portRanges: Form<readonly PortEntry[]> = (text) => {
  const entries: PortEntry[] = [];
  for (const part of splitList(text)) {
    const range = rangeOf(part);
    if (range === undefined) return expected(`a list of ports and ranges, as in 25,4000-4010: see "${part}"`);
    entries.push(range);
  }
  return ok(entries);
};

/** An empty text leaves the list to whoever asks for it. */
export const portRangesIfAny: Form<readonly PortEntry[] | undefined> = (text) =>
  text === '' ? ok(undefined) : portRanges(text);

/** `25,4000-4010,mysql`: names are those of container ports. */
export const portsAndNames: Form<readonly PortEntry[]> = (text) => {
  const entries: PortEntry[] = [];
  for (const part of splitList(text)) {
    const entry = rangeOf(part) ?? (nameForm.test(part) ? ({ kind: 'name', name: part } as const) : undefined);
    if (entry === undefined)
      return expected(`a list of ports, ranges and names of ports, as in 25,mysql: see "${part}"`);
    entries.push(entry);
  }
  return ok(entries);
};

export const includesPort = (entries: readonly PortEntry[], port: number): boolean =>
  entries.some((entry) => entry.kind === 'range' && port >= entry.first && port <= entry.last);

/** As environment variables and flags take it. Names are replaced by what `portsOf` knows of them. */
export const formatPorts = (
  entries: readonly PortEntry[],
  portsOf: (name: string) => readonly number[] = () => [],
): string =>
  entries
    .flatMap((entry) => {
      if (entry.kind === 'name') return portsOf(entry.name).map(String);
      return [entry.first === entry.last ? `${entry.first}` : `${entry.first}-${entry.last}`];
    })
    .join(',');
