/**
 * YAML text to plain values, with the way back from a path in a value to a line of the text. Bounded: a text that is too
 * large, too deep, or expands too far through aliases is refused with a problem, never with an exception.
 */
import type { ProblemPath } from '@heddle/crds';
import { Composer, type CST, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, Parser } from 'yaml';

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
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines);
  if (!Array.isArray(tokens)) return refused(tokens.tooDeepAt, `nested deeper than ${maxDepth} levels`);
  const documents: YamlDocument[] = [];
  for (const document of new Composer({ prettyErrors: false, uniqueKeys: true, logLevel: 'error' }).compose(tokens)) {
    const [error] = document.errors;
    if (error !== undefined) {
      return { documents, problems: [{ line: lines.linePos(error.pos[0]).line, message: error.message }] };
    }
    const start = lines.linePos(document.contents?.range?.[0] ?? 0).line;
    try {
      const value: unknown = document.toJS({ maxAliasCount: maxAliases });
      if (value === null) continue;
      if (holdsItself(value)) {
        return { documents, problems: [{ line: start, message: 'an alias (*) stands within what it stands for' }] };
      }
      documents.push({ value, lineOf: (path) => lineOfPath(document, path, lines) ?? start });
    } catch (error) {
      return { documents, problems: [{ line: start, message: reasonOf(error) }] };
    }
  }
  return { documents, problems: [] };
};

/** Whether a value is part of itself, as `&a [*a]` is. Each part is looked at once, however often it is shared. */
const holdsItself = (value: unknown, above = new Set<unknown>(), done = new Set<unknown>()): boolean => {
  if (typeof value !== 'object' || value === null || done.has(value)) return false;
  if (above.has(value)) return true;
  above.add(value);
  const isFound = Object.values(value).some((part) => holdsItself(part, above, done));
  above.delete(value);
  done.add(value);
  return isFound;
};

const refused = (line: number, message: string): YamlDocuments => ({ documents: [], problems: [{ line, message }] });

const reasonOf = (error: unknown): string => {
  if (error instanceof RangeError) return 'nested too deep';
  return error instanceof Error ? error.message : String(error);
};

/** Composing recurses as deep as the text nests, so depth is bounded before it: the parser keeps a stack of its own. */
const tokensOf = (text: string, lines: LineCounter): CST.Token[] | { readonly tooDeepAt: number } => {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The document itself and a scalar are on the stack, too.
    if (parser.stack.length > maxDepth + 2) return { tooDeepAt: lines.linePos(parser.offset).line };
  }
  tokens.push(...parser.end());
  return tokens;
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
