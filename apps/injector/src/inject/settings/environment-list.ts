/** `config.linkerd.io/proxy-additional-env`: a JSON list of environment variables as containers have them. */
import { expected, type Form, ok } from './forms.ts';

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

const maxVariables = 256;

export const environmentList: Form<readonly EnvironmentVariable[]> = (text) => {
  const list = parseJson(text);
  if (!Array.isArray(list) || list.length > maxVariables) {
    return expected('a JSON list of variables, as in [{"name": "NAME", "value": "text"}]');
  }
  for (const [index, each] of list.entries()) {
    const wrong = whyWrong(each);
    if (wrong !== undefined) return expected(`a list of environment variables: entry ${index} ${wrong}`);
  }
  return ok(list as readonly EnvironmentVariable[]);
};

/** The upper list adds to the lower one, and replaces its variables of the same name. */
export const mergeEnvironment = (
  lower: readonly EnvironmentVariable[],
  upper: readonly EnvironmentVariable[],
): readonly EnvironmentVariable[] => {
  const merged = new Map<string, EnvironmentVariable>();
  for (const variable of [...lower, ...upper]) merged.set(variable.name, variable);
  return [...merged.values()];
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const whyWrong = (variable: unknown): string | undefined => {
  if (typeof variable !== 'object' || variable === null) return 'is not an object';
  const { name, value, valueFrom, ...others } = variable as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !/^[A-Za-z_][\w.-]{0,252}$/.test(name)) return 'has no name that a variable can have';
  const [other] = Object.keys(others);
  if (other !== undefined) return `(${name}) has the unknown field "${other}"`;
  if (value !== undefined && typeof value !== 'string') return `(${name}) has a value that is not a string; quote it`;
  if (valueFrom !== undefined && (typeof valueFrom !== 'object' || valueFrom === null)) {
    return `(${name}) has a valueFrom that is not an object`;
  }
  return value !== undefined && valueFrom !== undefined ? `(${name}) has both value and valueFrom` : undefined;
};
