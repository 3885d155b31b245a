/** The values that someone gives on the command line, as far as the command itself must understand them. */
import { readFile } from 'node:fs/promises';
import { readYamlDocuments } from '@heddle/manifests';
import { CommandFailure } from '../cluster/failure.ts';
import { at, fieldsOf } from '../cluster/fields.ts';

export interface ValueOptions {
  /** `--set`, `--set-string` and `--set-file`, as Helm takes them. */
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly setFile: readonly string[];
  /** `-f`. */
  readonly values: readonly string[];
}

export const helmValueArgs = ({ set, setString, setFile, values }: ValueOptions): readonly string[] => [
  ...values.flatMap((file) => ['--values', file]),
  ...set.flatMap((entry) => ['--set', entry]),
  ...setString.flatMap((entry) => ['--set-string', entry]),
  ...setFile.flatMap((entry) => ['--set-file', entry]),
];

/** The same, as one would type it. */
export const typedValueArgs = (options: ValueOptions): string =>
  helmValueArgs(options)
    .map((arg) => ` ${/^[\w./:=,@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`}`)
    .join('');

const trustPaths = [
  ['identityTrustAnchorsPEM'],
  ['identity', 'externalCA'],
  ['identity', 'issuer', 'scheme'],
  ['identity', 'issuer', 'tls'],
];

/** Whether the values say anything of anchors and issuer, so that none are to be made. @throws {CommandFailure} */
export const sayTrust = async ({ set, setString, setFile, values }: ValueOptions): Promise<boolean> => {
  const keys = [...set, ...setString, ...setFile]
    .flatMap((entry) => entry.split(/(?<!\\),/))
    .map((part) => part.split('=')[0] ?? '');
  const isTrustKey = (key: string): boolean =>
    trustPaths.some((path) => key === path.join('.') || key.startsWith(`${path.join('.')}.`));
  if (keys.some(isTrustKey)) return true;
  for (const file of values) {
    const content = await valuesIn(file);
    if (trustPaths.some((path) => isSaid(at(content, ...path)))) return true;
  }
  return false;
};

const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && value !== false && !isDefault(value);

/** The chart's own defaults, as somebody who copied its values.yaml has them. */
const isDefault = (value: unknown): boolean =>
  value === 'linkerd.io/tls' ||
  (typeof value === 'object' && Object.values(fieldsOf(value)).every((field) => field === '' || field === null));

const valuesIn = async (file: string): Promise<unknown> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`--values: ${file} cannot be read: ${(error as Error).message}`);
  }
  const { documents, problems } = readYamlDocuments(text);
  const [problem] = problems;
  if (problem !== undefined) throw new CommandFailure(`--values: ${file}:${problem.line}: ${problem.message}`);
  return documents[0]?.value;
};
