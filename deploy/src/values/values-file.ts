/**
 * A chart's values.yaml with what its comments say of each value. The comments are written for people and for two
 * generators, the schema and the reference page:
 *
 *     # ## Heading          begins a section of the page
 *     # -- What it is for   and goes on in the lines below
 *     # @default words      where the default is not what stands there
 *     # @schema {…}         JSON Schema beyond the type of the default
 *     key: default
 */
import { parse } from 'yaml';

export interface DocumentedValue {
  readonly path: readonly string[];
  readonly section: string;
  /** Empty for a value that only holds others. */
  readonly description: string;
  readonly defaultWords: string | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

interface Comment {
  description: string;
  defaultWords: string | undefined;
  schema: Readonly<Record<string, unknown>>;
}

const noComment = (): Comment => ({ description: '', defaultWords: undefined, schema: {} });

/** Every key of every mapping, in the order of the file. @throws {Error} when a comment makes no sense */
export const readValuesFile = (text: string): readonly DocumentedValue[] => {
  const values: unknown = parse(text);
  const documented: DocumentedValue[] = [];
  /** The keys above, with their indentation. */
  const above: { readonly key: string; readonly indent: number }[] = [];
  let section = '';
  let comment = noComment();
  for (const line of text.split('\n')) {
    const [, indentation = '', rest = ''] = /^( *)(.*)$/.exec(line) ?? [];
    if (rest.startsWith('#')) {
      const heading = /^# ## (.+)$/.exec(rest)?.[1];
      if (heading === undefined) readComment(rest.replace(/^# ?/, ''), comment);
      else section = heading;
      continue;
    }
    const key = /^([\w-]+):/.exec(rest)?.[1];
    if (key === undefined) {
      if (rest === '') comment = noComment();
      continue;
    }
    while ((above.at(-1)?.indent ?? -1) >= indentation.length) above.pop();
    above.push({ key, indent: indentation.length });
    const path = above.map((each) => each.key);
    documented.push({ path, section, ...comment, value: valueAt(values, path) });
    comment = noComment();
  }
  return documented;
};

const readComment = (text: string, comment: Comment): void => {
  const [, tag, rest = ''] = /^(--|@default|@schema) (.*)$/.exec(text) ?? [];
  if (tag === '--') comment.description = rest;
  else if (tag === '@default') comment.defaultWords = rest;
  else if (tag === '@schema') comment.schema = JSON.parse(rest) as Readonly<Record<string, unknown>>;
  else if (comment.description !== '') comment.description += ` ${text}`;
};

const valueAt = (values: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined,
    values,
  );

/** Values that are described themselves; what is below them is their example. */
export const describedValues = (documented: readonly DocumentedValue[]): readonly DocumentedValue[] =>
  documented.filter(({ description }) => description !== '');

/** Paths of leaves that neither they nor anything above them describes. */
export const undescribedPaths = (documented: readonly DocumentedValue[]): readonly string[] => {
  const described = new Set(describedValues(documented).map(({ path }) => path.join('.')));
  return documented
    .filter(({ value }) => typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    .map(({ path }) => path)
    .filter((path) => !path.some((_, at) => described.has(path.slice(0, at + 1).join('.'))))
    .map((path) => path.join('.'));
};
