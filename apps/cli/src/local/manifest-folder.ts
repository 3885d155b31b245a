/** The user's side of local mode: `heddle.local.yaml`, and the folder of manifests that it names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '@heddle/crds/core';
import {
  FolderSource,
  formatManifestProblem,
  localMeshFile,
  type ManifestProblem,
  parseObject,
  readYamlDocuments,
} from '@heddle/manifests';
import { systemClock } from '@heddle/runtime';
import { type LocalMeshResult, parseLocalMesh } from './local-mesh.ts';

/** Reads `DIR/heddle.local.yaml`; every problem names the file. */
export const readLocalMesh = async (dir: string): Promise<LocalMeshResult> => {
  const file = join(dir, localMeshFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return { kind: 'invalid', problems: [`${file} cannot be read; it says which command runs each workload`] };
  }
  const { documents, problems } = readYamlDocuments(text);
  if (problems.length > 0) {
    return { kind: 'invalid', problems: problems.map(({ line, message }) => `${localMeshFile}:${line} ${message}`) };
  }
  const result = parseLocalMesh(documents[0]?.value);
  if (result.kind === 'ok') return result;
  return { kind: 'invalid', problems: result.problems.map((problem) => `${localMeshFile} ${problem}`) };
};

export interface ManifestListener {
  /** Every problem that the folder has now; none when the last one was mended. With errors, a file was not taken. */
  onProblems(problems: readonly string[], hasErrors: boolean): void;
  /** `editedMs`: when the file was written, ms since 1970. */
  onEdit(file: string, editedMs: number): void;
}

export interface ManifestFolder {
  readonly dir: string;
  /** As they were when the folder was opened. */
  readonly objects: readonly KubernetesObject[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  watch(listener: ManifestListener): void;
  close(): Promise<void>;
}

/** Reads the folder and keeps watching it. */
export const openManifestFolder = async (dir: string): Promise<ManifestFolder> => {
  let objects: readonly KubernetesObject[] = [];
  let problems: readonly ManifestProblem[] = [];
  let listener: ManifestListener | undefined;
  const source = new FolderSource({
    folders: [dir],
    parse: parseObject,
    clock: systemClock,
    onProblems: (now) => {
      problems = now;
      const hasErrors = now.some(({ severity }) => severity === 'error');
      listener?.onProblems(now.map(formatManifestProblem), hasErrors);
    },
    onChange: (file, changedMs) => listener?.onEdit(file, changedMs),
  });
  await source.start({
    apply: () => undefined,
    delete: () => undefined,
    reset: (all) => {
      objects = all;
    },
  });
  const texts = (severity: ManifestProblem['severity']): string[] =>
    problems.filter((problem) => problem.severity === severity).map(formatManifestProblem);
  return {
    dir,
    objects,
    errors: texts('error'),
    warnings: texts('warning'),
    watch: (wanted) => {
      listener = wanted;
    },
    close: () => source.close(),
  };
};
