/** One file of manifests: its text to objects, and to problems with their lines. */
import { formatProblem, type Problem, type ProblemPath } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import type { ManifestProblem } from './manifest-problem.ts';
import { readYamlDocuments, type YamlDocument } from './yaml-documents.ts';

/** What an object of a manifest turned out to be. */
export type ParsedObject =
  | { readonly kind: 'object'; readonly object: KubernetesObject; readonly problems: readonly Problem[] }
  /** A kind that the mesh does not read (ConfigMap, …). */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

export type ObjectParser = (value: unknown) => ParsedObject;

export interface ManifestObject {
  readonly object: KubernetesObject;
  readonly file: string;
  readonly line: number;
}

/** An object together with the text it came from. */
export interface LocatedObject extends ManifestObject {
  /** 1-based line of a path into the object. */
  readonly lineOf: (path: ProblemPath) => number;
}

export interface ManifestFile {
  /** Empty when there is an error: a file counts as a whole or not at all. */
  readonly objects: readonly LocatedObject[];
  readonly problems: readonly ManifestProblem[];
}

/** Reads a file's text: several documents, and Lists, as kubectl takes them. */
export const readManifest = (file: string, text: string, parse: ObjectParser): ManifestFile => {
  const problems: ManifestProblem[] = [];
  const objects: LocatedObject[] = [];
  const yaml = readYamlDocuments(text);
  for (const document of yaml.documents) {
    for (const { value, path } of itemsOf(document.value)) {
      const parsed = parse(value);
      if (parsed.kind === 'ignored') continue;
      for (const problem of parsed.problems) problems.push(located(file, document, path, problem));
      if (parsed.kind !== 'object') continue;
      const lineOf = (within: ProblemPath): number => document.lineOf([...path, ...within]);
      objects.push({ object: parsed.object, file, line: lineOf([]), lineOf });
    }
  }
  for (const { line, message } of yaml.problems) problems.push({ severity: 'error', file, line, message });
  const hasError = problems.some(({ severity }) => severity === 'error');
  return { objects: hasError ? [] : objects, problems };
};

/** The items of a List, or the one object that the document is. */
const itemsOf = (value: unknown): { readonly value: unknown; readonly path: readonly (string | number)[] }[] => {
  if (typeof value === 'object' && value !== null && 'kind' in value && 'items' in value) {
    const { kind, items } = value;
    if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
      return items.map((item: unknown, index) => ({ value: item, path: ['items', index] }));
    }
  }
  return [{ value, path: [] }];
};

const located = (
  file: string,
  document: YamlDocument,
  base: readonly (string | number)[],
  problem: Problem,
): ManifestProblem => {
  const path = [...base, ...problem.path];
  return {
    severity: problem.severity,
    file,
    line: document.lineOf(path),
    message: formatProblem({ ...problem, path }),
  };
};
