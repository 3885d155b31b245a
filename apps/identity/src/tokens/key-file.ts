/**
 * The file with the keys that verify tokens, read again whenever it changes. A file that cannot be read or is no key set
 * leaves the last good keys in force; before the first good one, and when a set holds no usable key, nobody is
 * authenticated. There are no built-in keys to fall back to.
 */
import { readFile } from 'node:fs/promises';
import type { Logger } from '@heddle/telemetry';
import { type KeySet, parseKeySet } from './key-set.ts';

export interface KeyFileOptions {
  readonly path: string;
  readonly log: Logger;
  readonly onKeys: (keys: KeySet) => void;
  readonly onFailure: () => void;
}

export class KeyFile {
  readonly #options: KeyFileOptions;
  #lastText: string | undefined;
  #lastFailure: string | undefined;
  #isLoaded = false;

  constructor(options: KeyFileOptions) {
    this.#options = options;
  }

  /** True once a key set was read. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Reads the file; tells of new keys, or of a new reason why there are none. */
  async read(): Promise<void> {
    const { path, log, onKeys } = this.#options;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return;
    }
    if (text === this.#lastText) {
      this.#lastFailure = undefined;
      return;
    }
    const parsed = parseKeySet(text);
    if (parsed.kind === 'invalid') {
      this.#fail(parsed.reason);
      return;
    }
    this.#lastText = text;
    this.#lastFailure = undefined;
    this.#isLoaded = true;
    const { keys, skipped } = parsed.value;
    for (const problem of skipped) log.warn({ file: path, problem }, 'a token key was left out');
    log.info({ file: path, keys: keys.length }, 'token keys loaded');
    if (keys.length === 0) log.error({ file: path }, 'no usable token key: every token is refused');
    onKeys(parsed.value);
  }

  #fail(reason: string): void {
    if (reason === this.#lastFailure) return;
    this.#lastFailure = reason;
    const { path, log, onFailure } = this.#options;
    log.error(
      { file: path, reason, keeping: this.#isLoaded ? 'the last good keys' : 'no keys' },
      'token keys not loaded',
    );
    onFailure();
  }
}
