/**
 * YAML text to plain values, with the way back from a path in a value to a line of the text. Bounded: a text that is too
 * large, too deep, or expands too far through aliases is refused with a problem, never with an exception.
 */
import type { ProblemPath } from '@heddle/crds';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of the key or item that the path ends at, or of the nearest one above it that exists. */
  lineOf(path: ProblemPath): number;
}

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

export interface YamlDocuments {
  /** In order; empty documents are left out. When there are problems, the documents before them. */
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly YamlProblem[];
}

export const maxTextChars = 8 * 1024 * 1024;
const maxAliases = 100;
const maxDepth = 64;

/** Reads all documents of a text. A syntax error is a problem; so is everything over the bounds above. */
export const readYamlDocuments = (text: string): YamlDocuments => {
  if (text.length > maxTextChars) {
    return refused(1, `the file is longer than ${maxTextChars} characters; split it`);
  }
  const tooDeepAt = lineOfDepth(text);
  if (tooDeepAt !== undefined) return refused(tooDeepAt, `nested deeper than ${maxDepth} levels`);
  const lines = new LineCounter();
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  } catch (error) {
    return refused(1, `this is not YAML that can be read: ${reasonOf(error)}`);
  }
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    const [error] = document.errors;
    if (error !== undefined) {
      return { documents, problems: [{ line: lines.linePos(error.pos[0]).line, message: error.message }] };
    }
    const start = lines.linePos(document.contents?.range?.[0] ?? 0).line;
    try {
      const value: unknown = document.toJS({ maxAliasCount: maxAliases });
      if (value === null) continue;
      documents.push({ value, lineOf: (path) => lineOfPath(document, path, lines) ?? start });
    } catch (error) {
      return { documents, problems: [{ line: start, message: reasonOf(error) }] };
    }
  }
  return { documents, problems: [] };
};

const refused = (line: number, message: string): YamlDocuments => ({ documents: [], problems: [{ line, message }] });

const reasonOf = (error: unknown): string => {
  if (error instanceof RangeError) return 'nested too deep';
  return error instanceof Error ? error.message : String(error);
};

/** The parser is recursive, so depth is bounded before it runs: by open brackets, and by indentation steps. */
const lineOfDepth = (text: string): number | undefined => {
  let brackets = 0;
  let line = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) line += 1;
    else if (code === 0x5b || code === 0x7b) brackets += 1;
    else if (code === 0x5d || code === 0x7d) brackets = Math.max(0, brackets - 1);
    if (brackets > maxDepth) return line;
  }
  return lineOfBlockDepth(text);
};

/** Block collections nest by growing indentation, or by dashes in a row on one line. */
const lineOfBlockDepth = (text: string): number | undefined => {
  const indents: number[] = [];
  let line = 0;
  for (const row of text.split('\n')) {
    line += 1;
    const content = row.trimStart();
    if (content === '' || content.startsWith('#')) continue;
    const indent = row.length - content.length;
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
    indents.push(indent);
    const dashes = /^(?:[-?] +)*/.exec(content)?.[0].length ?? 0;
    if (indents.length + dashes / 2 > maxDepth) return line;
  }
  return undefined;
};

const lineOfPath = (
  document: { readonly contents: Node | null },
  path: ProblemPath,
  lines: LineCounter,
): number | undefined => {
  let node = document.contents;
  let offset = node?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = (pair.value ?? null) as Node | null;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      break;
    }
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
};
