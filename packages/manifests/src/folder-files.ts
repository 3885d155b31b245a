/** The manifest files of a folder, each with what it was when it was last good. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type KnownDocuments, readManifestAgain } from './known-documents.ts';
import type { ManifestObject, ObjectParser } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { maxTextChars } from './yaml-documents.ts';

interface FileContent {
  readonly objects: readonly ManifestObject[];
}

interface KnownFile {
  /** Inode, size and time of change of what was read. */
  readonly version: string;
  /** The last good content; of a file that was never good, nothing. */
  readonly good: FileContent;
  /** What was parsed, for the next reading; nothing where the file could not be read. */
  readonly documents?: KnownDocuments | undefined;
  readonly problems: readonly ManifestProblem[];
}

export interface ScanResult {
  readonly files: readonly FileContent[];
  readonly problems: readonly ManifestProblem[];
  /** Files that were new, changed or gone since the last scan, with the time of change (ms since 1970). */
  readonly changed: readonly { readonly file: string; readonly changedMs: number }[];
  /** A file changed while it was read, or is empty in the middle of being written: look again soon. */
  readonly isUnsettled: boolean;
}

const endings = ['.yaml', '.yml', '.json'];
/** Not a manifest, and may lie beside them. */
export const localMeshFile = 'heddle.local.yaml';

/** Whether a file of a folder is a manifest, by its name. */
export const isManifestName = (name: string): boolean =>
  endings.some((ending) => name.endsWith(ending)) && name !== localMeshFile && !name.startsWith('.');

const nothing: FileContent = { objects: [] };

export class FolderFiles {
  readonly folder: string;
  readonly #parse: ObjectParser;
  #known = new Map<string, KnownFile>();
  /** Files seen empty once; the second time it is believed. */
  #seenEmpty = new Set<string>();

  constructor(folder: string, parse: ObjectParser) {
    this.folder = folder;
    this.#parse = parse;
  }

  /** Reads what changed. Throws when the folder itself cannot be read. */
  async scan(): Promise<ScanResult> {
    const names = (await readdir(this.folder)).filter(isManifestName).toSorted();
    const next = new Map<string, KnownFile>();
    const changed: { file: string; changedMs: number }[] = [];
    let isUnsettled = false;
    for (const name of names) {
      const file = join(this.folder, name);
      const before = this.#known.get(file);
      const read = await this.#read(file, before);
      if (read === 'unsettled') {
        isUnsettled = true;
        if (before !== undefined) next.set(file, before);
      } else if (read !== undefined) {
        next.set(file, read.known);
        if (read.known !== before) changed.push({ file, changedMs: read.changedMs });
      }
    }
    for (const file of this.#known.keys()) if (!next.has(file)) changed.push({ file, changedMs: Number.NaN });
    this.#known = next;
    const all = [...next.values()];
    return {
      files: all.map(({ good }) => good),
      problems: all.flatMap(({ problems }) => problems),
      changed,
      isUnsettled,
    };
  }

  /** Undefined when the file is gone. */
  async #read(
    file: string,
    before: KnownFile | undefined,
  ): Promise<{ readonly known: KnownFile; readonly changedMs: number } | 'unsettled' | undefined> {
    try {
      const info = await stat(file);
      if (!info.isFile()) return undefined;
      const version = `${info.ino} ${info.size} ${info.mtimeMs}`;
      if (before?.version === version) return { known: before, changedMs: info.mtimeMs };
      if (info.size > maxTextChars * 4) return { known: tooLarge(file, version, before), changedMs: info.mtimeMs };
      const text = await readFile(file, 'utf8');
      const after = await stat(file);
      if (`${after.ino} ${after.size} ${after.mtimeMs}` !== version) return 'unsettled';
      if (this.#isBeingWritten(file, text, before)) return 'unsettled';
      const { file: read, documents } = readManifestAgain(file, text, this.#parse, before?.documents);
      const isGood = !read.problems.some(({ severity }) => severity === 'error');
      const good = isGood ? read : (before?.good ?? nothing);
      const known = { version, good, documents, problems: read.problems };
      return { known, changedMs: info.mtimeMs };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (code === undefined) throw error;
      const message = `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      const problems: ManifestProblem[] = [{ severity: 'error', file, line: 0, message }];
      return { known: { version: '', good: before?.good ?? nothing, problems }, changedMs: Number.NaN };
    }
  }

  /** Many programs empty a file before they write it; what was in it must not be gone for that moment. */
  #isBeingWritten(file: string, text: string, before: KnownFile | undefined): boolean {
    const isEmptied = text.trim() === '' && before !== undefined && before.good.objects.length > 0;
    if (!isEmptied || this.#seenEmpty.has(file)) {
      this.#seenEmpty.delete(file);
      return false;
    }
    this.#seenEmpty.add(file);
    return true;
  }
}

const tooLarge = (file: string, version: string, before: KnownFile | undefined): KnownFile => ({
  version,
  good: before?.good ?? nothing,
  problems: [
    { severity: 'error', file, line: 0, message: `the file is longer than ${maxTextChars} characters; split it` },
  ],
});
