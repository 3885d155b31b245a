/** Command-line flags as named texts, so that they are read and reported like any other configuration. */
import { parseArgs } from 'node:util';

export interface FlagTable {
  /** Flag (without dashes) -> whether it takes a value; a switch may have one too, as in `--ipv6=false`. */
  readonly [flag: string]: { readonly kind: 'value' | 'switch'; readonly short?: string; readonly help: string };
}

export interface Flags {
  /** By name with dashes: `--proxy-uid`. A switch without a value is `true`. */
  readonly values: Readonly<Record<string, string>>;
  readonly positionals: readonly string[];
  readonly problems: readonly string[];
}

export const parseFlags = (args: readonly string[], table: FlagTable): Flags => {
  const values: Record<string, string> = {};
  const positionals: string[] = [];
  const problems: string[] = [];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(table).map(([name, { kind, short }]) => [
        name,
        {
          type: kind === 'value' ? ('string' as const) : ('boolean' as const),
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
  });
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (flag === undefined) problems.push(`${token.rawName} is no flag; --help lists them`);
    else if (flag.kind === 'value' && !hasValue(token)) problems.push(`${token.rawName} needs a value`);
    else values[`--${token.name}`] = token.value ?? 'true';
  }
  return { values, positionals, problems };
};

/** `--netns --simulate` is a flag without a value, not a strange path. */
const hasValue = ({
  value,
  inlineValue,
}: {
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}): boolean => value !== undefined && (inlineValue === true || !value.startsWith('--'));

/** One line a flag. */
export const formatFlags = (table: FlagTable): string => {
  const names = Object.entries(table).map(([name, { kind, short, help }]) => {
    const both = `${short === undefined ? '' : `-${short}, `}--${name}${kind === 'value' ? ' VALUE' : ''}`;
    return [both, help] as const;
  });
  const width = Math.max(...names.map(([name]) => name.length));
  return names.map(([name, help]) => `  ${name.padEnd(width)}  ${help}\n`).join('');
};
