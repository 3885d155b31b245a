/** `heddle policy check`: what is wrong with manifests, file by file and between them. */
import { checkResources, formatManifestProblem, type ManifestProblem, readManifests } from '@heddle/manifests';
import { exitCodes, type Output } from '../output.ts';
import { manifestPaths } from './manifest-paths.ts';

export interface CheckOptions {
  readonly output: 'text' | 'json';
  readonly partial?: boolean;
}

/** Exit code 1 when there is an error; warnings alone are fine. */
export const checkPolicy = async (paths: readonly string[], options: CheckOptions, output: Output): Promise<number> => {
  const { fileCount, objects, problems } = await readManifests(await manifestPaths(paths));
  const isReadable = !problems.some(({ severity }) => severity === 'error');
  // An object of an unreadable file would be missed by every reference to it.
  const all = isReadable
    ? [...problems, ...checkResources(objects, { isPartial: options.partial ?? false })]
    : problems;
  const errors = all.filter(({ severity }) => severity === 'error').length;
  const result = { files: fileCount, objects: objects.length, errors, warnings: all.length - errors, problems: all };
  if (options.output === 'json') output.out(`${JSON.stringify(result, undefined, 2)}\n`);
  else output.out(textOf(result, isReadable ? afterReferences(errors, options) : unfinished));
  return errors > 0 ? exitCodes.failed : exitCodes.ok;
};

interface CheckResult {
  readonly files: number;
  readonly objects: number;
  readonly errors: number;
  readonly warnings: number;
  readonly problems: readonly ManifestProblem[];
}

const unfinished = '(what resources refer to is checked once these errors are mended)';

const afterReferences = (errors: number, { partial }: CheckOptions): string =>
  errors > 0 && partial !== true
    ? '(--partial makes warnings of these, for a cluster that holds more than these files)'
    : '';

const textOf = ({ files, objects, errors, warnings, problems }: CheckResult, note: string): string => {
  const lines = problems.map(formatManifestProblem);
  if (note !== '') lines.push(note);
  const verdict = problems.length === 0 ? 'no problems' : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
  return `${[...lines, `${count(files, 'file')}, ${count(objects, 'object')}: ${verdict}`].join('\n')}\n`;
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
