/** The install values (those of the chart, features §2.12) as settings. Values about anything else are not looked at. */
import type { SettingDefinition } from './definition.ts';
import { definitions, type Settings } from './definitions.ts';

export type ReadValues =
  | { readonly kind: 'ok'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads values as YAML or JSON gave them; undefined stands for an empty file, with which the defaults hold. */
export const readValues = (values: unknown): ReadValues => {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, definition] of Object.entries(definitions) as [string, SettingDefinition<unknown>][]) {
    settings[key] = definition.fallback;
    for (const path of definition.values) {
      const text = textOf(valueAt(values, path));
      if (text === undefined) continue;
      const result = definition.form(text);
      if (result.kind === 'ok') settings[key] = result.value;
      // Charts write empty strings for what is not set.
      else if (text === '') continue;
      else problems.push(`${path} is ${JSON.stringify(text.slice(0, 80))}, which is not ${result.expected}`);
      break;
    }
  }
  const complete = settings as unknown as Settings;
  if (complete.isTraced && (complete.traceCollector === '' || complete.traceCollectorAccount === '')) {
    problems.push('proxy.tracing is enabled without collector.endpoint and collector.meshIdentity.serviceAccountName');
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'ok', settings: complete };
};

const valueAt = (values: unknown, path: string): unknown => {
  let value = values;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
};

/** Numbers and switches as their text, so that one form reads values and annotations. */
const textOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
};
