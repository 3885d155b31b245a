/**
 * Reads a file's text again after an edit: documents whose text did not change are not parsed again, and their objects
 * are the same objects, so that an edit of one document is a change of one object.
 */
import { createHash } from 'node:crypto';
import { type ManifestFile, type ManifestObject, type ObjectParser, readManifest } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';

/** What each document of a file was read to, by a digest of its text; lines count from the document's first. */
export type KnownDocuments = ReadonlyMap<string, DocumentContent>;

interface DocumentContent {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** A file's content as `readManifest` tells it, without the way back into the text, and what to remember for next time. */
export interface ReadAgain {
  readonly file: Omit<ManifestFile, 'objects'> & { readonly objects: readonly ManifestObject[] };
  readonly documents: KnownDocuments;
}

export const readManifestAgain = (
  file: string,
  text: string,
  parse: ObjectParser,
  known: KnownDocuments = new Map(),
): ReadAgain => {
  const documents = new Map<string, DocumentContent>();
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  let linesBefore = 0;
  for (const part of documentTexts(text)) {
    const digest = createHash('sha256').update(part).digest('base64');
    const content = known.get(digest) ?? withoutText(readManifest(file, part, parse));
    documents.set(digest, content);
    for (const entry of content.objects) objects.push({ ...entry, line: entry.line + linesBefore });
    for (const problem of content.problems) problems.push({ ...problem, line: problem.line + linesBefore });
    linesBefore += part.split('\n').length - 1;
  }
  const hasError = problems.some(({ severity }) => severity === 'error');
  return { file: { objects: hasError ? [] : objects, problems }, documents };
};

/** At every `---` line, where YAML begins a document wherever it stands; as a whole where directives or ends are used. */
const documentTexts = (text: string): string[] =>
  /^(?:%|\.\.\.)/m.test(text) ? [text] : text.split(/^(?=---(?:\s|$))/m);

/** The parsed text is not kept: it is many times as large as the objects. */
const withoutText = ({ objects, problems }: ManifestFile): DocumentContent => ({
  objects: objects.map(({ object, file, line }) => ({ object, file, line })),
  problems,
});
