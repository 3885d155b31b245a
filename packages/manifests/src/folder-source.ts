/**
 * Watched folders of manifests as a source of resources. What is on disk is scanned whenever something in a folder
 * changes, and now and then in case a notice was lost; what differs from the last scan is told to the sink. A file with a
 * mistake keeps its last good content.
 */
import { type FSWatcher, watch } from 'node:fs';
import { keyOf, type ResourceSink, type ResourceSource } from '@heddle/crds';
import { type Clock, sleep } from '@heddle/runtime';
import { FolderFiles, type ScanResult } from './folder-files.ts';
import type { ManifestObject, ObjectParser } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { combineManifests } from './manifest-set.ts';

export interface FolderSourceOptions {
  /** Later folders override earlier ones, object by object. */
  readonly folders: readonly string[];
  readonly parse: ObjectParser;
  readonly clock: Clock;
  /** All problems of the folders, whenever they change; an empty list when the last one was mended. */
  readonly onProblems: (problems: readonly ManifestProblem[]) => void;
  /** A file was new, changed or gone, and was read; `changedMs` is its time of change, NaN when it is gone. */
  readonly onChange?: ((file: string, changedMs: number) => void) | undefined;
}

/** Notices of one save come in bursts; they are waited for this long. */
const settleMs = 5;
/** Pause before looking again at a file that was caught half written. */
const unsettledMs = 20;
/** A lost notice is made good after this time. */
const rescanMs = 10_000;

export class FolderSource implements ResourceSource {
  readonly #options: FolderSourceOptions;
  readonly #folders: readonly FolderFiles[];
  #watchers: FSWatcher[] = [];
  #sink: ResourceSink | undefined;
  #current: ReadonlyMap<string, ManifestObject> = new Map();
  #problemsText = '';
  /** Aborted by the next notice, to wake the loop. */
  #notice = new AbortController();
  #loop: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
    this.#folders = options.folders.map((folder) => new FolderFiles(folder, options.parse));
  }

  /** Rejects when a folder cannot be read or watched. */
  async start(sink: ResourceSink): Promise<void> {
    this.#sink = sink;
    for (const { folder } of this.#folders) {
      const watcher = watch(folder, () => this.#notice.abort());
      // The folder was removed, or watching failed: the next scan says what is left of it.
      watcher.on('error', () => this.#notice.abort());
      this.#watchers.push(watcher);
    }
    await this.#scan((objects) => sink.reset([...objects.values()].map(({ object }) => object)));
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#notice.abort();
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await sleep(clock, rescanMs, this.#notice.signal);
      if (this.#isClosed) return;
      await sleep(clock, settleMs);
      this.#notice = new AbortController();
      await this.#rescan();
    }
  }

  async #rescan(): Promise<void> {
    try {
      await this.#scan((objects) => this.#tellDifferences(objects));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `the folder cannot be read, so its last state stays: ${reason}`;
      this.#tellProblems([{ severity: 'error', file: this.#options.folders.join(', '), line: 0, message }]);
    }
  }

  async #scan(tell: (objects: ReadonlyMap<string, ManifestObject>) => void): Promise<void> {
    const changed: ScanResult['changed'][number][] = [];
    let scans: ScanResult[];
    for (;;) {
      scans = await Promise.all(this.#folders.map((folder) => folder.scan()));
      for (const scan of scans) changed.push(...scan.changed);
      if (this.#isClosed || !scans.some(({ isUnsettled }) => isUnsettled)) break;
      await sleep(this.#options.clock, unsettledMs);
    }
    if (this.#isClosed) return;
    const set = combineManifests(scans.map(({ files }) => files));
    tell(set.objects);
    this.#current = set.objects;
    this.#tellProblems([...scans.flatMap(({ problems }) => problems), ...set.problems]);
    for (const { file, changedMs } of changed) this.#options.onChange?.(file, changedMs);
  }

  #tellDifferences(objects: ReadonlyMap<string, ManifestObject>): void {
    for (const [key, { object }] of this.#current) if (!objects.has(key)) this.#sink?.delete(keyOf(object));
    for (const [key, { object }] of objects) {
      if (this.#current.get(key)?.object !== object) this.#sink?.apply(object);
    }
  }

  #tellProblems(problems: readonly ManifestProblem[]): void {
    const text = JSON.stringify(problems);
    if (text === this.#problemsText || (this.#problemsText === '' && problems.length === 0)) return;
    this.#problemsText = problems.length === 0 ? '' : text;
    this.#options.onProblems(problems);
  }
}
