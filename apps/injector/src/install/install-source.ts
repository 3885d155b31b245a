/** The install as files say it: values of the chart, and the trust anchors. Both may change while the process runs. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readYamlDocuments } from '@heddle/manifests';
import { parsePemBundle } from '@heddle/pki';
import type { Logger } from '@heddle/telemetry';
import type { InstallConfig } from '../inject/install-config.ts';
import { readValues } from '../inject/settings/read-values.ts';

export interface InstallSourceOptions {
  /** Undefined: every default holds. */
  readonly valuesFile: string | undefined;
  readonly trustAnchorsFile: string;
  readonly controlPlaneNamespace: string;
  readonly version: string;
  readonly log: Logger;
  readonly onResult: (isUsed: boolean) => void;
}

/** Keeps the last good install, whatever the files hold. */
export class InstallSource {
  readonly #options: InstallSourceOptions;
  #current: InstallConfig | undefined;
  #seen = '';

  constructor(options: InstallSourceOptions) {
    this.#options = options;
  }

  get current(): InstallConfig | undefined {
    return this.#current;
  }

  get paths(): readonly string[] {
    const { valuesFile, trustAnchorsFile } = this.#options;
    return valuesFile === undefined ? [trustAnchorsFile] : [valuesFile, trustAnchorsFile];
  }

  /** Looks at the files again; does not reject. */
  async read(): Promise<void> {
    const { valuesFile, trustAnchorsFile, log, onResult } = this.#options;
    const [values, anchors] = await Promise.all([
      valuesFile === undefined ? '' : textOf(valuesFile),
      textOf(trustAnchorsFile),
    ]);
    const seen = JSON.stringify([values, anchors]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    const result = this.#installFrom(values, anchors);
    if (result.kind === 'ok') {
      this.#current = result.install;
      log.info({ trust_root_sha256: result.install.trustRootSha256 }, 'install values and trust anchors in use');
    } else {
      const consequence = this.#current === undefined ? 'no pod can be made' : 'the last install stays in force';
      log.error(`the install cannot be used, so ${consequence}: ${result.problems.join('; ')}`);
    }
    onResult(result.kind === 'ok');
  }

  #installFrom(values: string | Error, anchors: string | Error): ReadInstall {
    const { valuesFile = '', trustAnchorsFile, controlPlaneNamespace, version } = this.#options;
    if (anchors instanceof Error) return invalid(`${trustAnchorsFile}: ${anchors.message}`);
    if (values instanceof Error) return invalid(`${valuesFile}: ${values.message}`);
    const bundle = parsePemBundle(anchors);
    if (bundle.kind !== 'ok') return invalid(`${trustAnchorsFile} is not a bundle of trust anchors: ${bundle.reason}`);
    const yaml = readYamlDocuments(values);
    if (yaml.problems.length > 0) {
      return invalid(...yaml.problems.map(({ line, message }) => `${valuesFile}:${line}: ${message}`));
    }
    const read = readValues(yaml.documents[0]?.value);
    if (read.kind === 'invalid') return invalid(...read.problems.map((problem) => `${valuesFile}: ${problem}`));
    const install = {
      settings: read.settings,
      version,
      controlPlaneNamespace,
      trustAnchorsPem: anchors,
      trustRootSha256: createHash('sha256').update(anchors).digest('hex'),
    };
    return { kind: 'ok', install };
  }
}

type ReadInstall =
  | { readonly kind: 'ok'; readonly install: InstallConfig }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const invalid = (...problems: readonly string[]): ReadInstall => ({ kind: 'invalid', problems });

const textOf = async (path: string): Promise<string | Error> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
