/**
 * Changes to manifests that leave the rest as it was written: documents that are not changed keep their bytes, those
 * that are keep comments, order, quotes and anchors, and are laid out anew with the indentation that they had.
 */
import { type Document, isMap, isScalar, type Node, parseAllDocuments } from 'yaml';
import { maxTextChars, readYamlDocuments } from './yaml-documents.ts';

type Path = readonly (string | number)[];

/** One document, to be looked at and changed. */
export interface EditableDocument {
  /** The plain value, without changes made so far. */
  readonly value: unknown;
  /** Sets a text; maps on the way that are missing are made. */
  set(path: Path, text: string): void;
  /** Removes a field, and the maps above it that are empty then, but for `keep` first parts of the path. */
  remove(path: Path, keep: number): void;
}

export type EditedYaml =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'invalid'; readonly line: number; readonly message: string };

/** Shows every document that is not empty to `edit`, in order. */
export const editYaml = (text: string, edit: (document: EditableDocument) => void): EditedYaml => {
  // The bounded reader first: a text that it takes cannot be too deep or expand too far.
  const [problem] = text.length > maxTextChars ? [{ line: 1, message: 'too long' }] : readYamlDocuments(text).problems;
  if (problem !== undefined) return { kind: 'invalid', ...problem };
  const documents = parseAllDocuments(text, { keepSourceTokens: false });
  if (!Array.isArray(documents)) return { kind: 'ok', text };
  const pieces: string[] = [];
  let end = 0;
  for (const document of documents as Document.Parsed[]) {
    const [start, , after] = document.range;
    let isChanged = false;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value !== null) {
      edit({
        value,
        set: (path, entry) => {
          document.setIn(path, entry);
          isChanged = true;
        },
        remove: (path, keep) => {
          removeIn(document, path, keep);
          isChanged = true;
        },
      });
    }
    const source = text.slice(Math.min(start, end), after);
    pieces.push(isChanged ? printed(document, source) : text.slice(end, after));
    end = after;
  }
  return { kind: 'ok', text: pieces.join('') + text.slice(end) };
};

const removeIn = (document: Document, path: Path, keep: number): void => {
  document.deleteIn(path);
  for (let length = path.length - 1; length > keep; length -= 1) {
    const above = document.getIn(path.slice(0, length), true);
    if (!isMap(above) || above.items.length > 0) return;
    document.deleteIn(path.slice(0, length));
  }
};

/** Ends in a newline; begins with the `---` that the document had. */
const printed = (document: Document, source: string): string => {
  const text = document.toString({
    lineWidth: 0,
    indent: indentOf(document.contents) ?? 2,
    indentSeq: isSeqIndented(source),
  });
  return text.endsWith('\n') ? text : `${text}\n`;
};

/** Columns by which the first nested map is indented. */
const indentOf = (node: Node | null): number | undefined => {
  if (!isMap(node)) return undefined;
  for (const { key, value } of node.items) {
    const [first] = isMap(value) && value.flow !== true ? value.items : [];
    const inner = first !== undefined && isScalar(first.key) ? first.key.range?.[0] : undefined;
    const outer = isScalar(key) ? key.range?.[0] : undefined;
    const text = isScalar(key) ? String(key.value) : '';
    if (inner === undefined || outer === undefined) continue;
    // `key:`, the end of the line, and what is before the inner key.
    const indent = inner - outer - text.length - 2;
    if (indent >= 1 && indent <= 8) return indent;
  }
  return undefined;
};

/** Whether lists stand further in than the key above them; most of Kubernetes' do not. */
const isSeqIndented = (source: string): boolean => {
  const found = /^(?<key> *)[^\s#-][^\n]*:[ \t]*\n(?<item> *)- /m.exec(source)?.groups;
  return found !== undefined && (found['item'] ?? '').length > (found['key'] ?? '').length;
};
