/** The settings of one pod: annotations of the pod over those of the namespace over the install's. */
import type { SettingDefinition } from './definition.ts';
import { definitions, type Settings } from './definitions.ts';

type Annotations = Readonly<Record<string, string>>;

export interface ResolvedSettings {
  readonly settings: Settings;
  /** What is wrong, and how to mend it; the pod must not be made then. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

type Key = keyof Settings;
const annotated = (Object.entries(definitions) as [Key, SettingDefinition<unknown>][]).filter(
  ([, { annotations }]) => annotations.length > 0,
);
const known = new Set(annotated.flatMap(([, { annotations }]) => annotations));

export const resolveSettings = (install: Settings, namespace: Annotations, pod: Annotations): ResolvedSettings => {
  const changes: Partial<Record<Key, unknown>> = {};
  const problems: string[] = [];
  const read = (definition: SettingDefinition<unknown>, annotations: Annotations, whose: string): unknown => {
    const name = definition.annotations.find((each) => annotations[each] !== undefined);
    if (name === undefined) return undefined;
    const text = (annotations[name] ?? '').trim();
    const result = definition.form(text);
    if (result.kind === 'ok') return result.value;
    problems.push(`annotation ${name} of the ${whose} is ${quote(text)}, which is not ${result.expected}`);
    return undefined;
  };
  for (const [key, definition] of annotated) {
    const upper = read(definition, pod, 'pod');
    const lower = upper === undefined || definition.merge ? read(definition, namespace, 'namespace') : undefined;
    const layers = [lower, upper].filter((layer) => layer !== undefined);
    if (layers.length === 0) continue;
    const { merge } = definition;
    changes[key] = merge ? layers.reduce<unknown>((under, over) => merge(under, over), install[key]) : layers[0];
  }
  return {
    settings: { ...install, ...changes } as Settings,
    problems,
    warnings: [...unknownOf(namespace, 'namespace'), ...unknownOf(pod, 'pod')],
  };
};

/** The annotations that a pod inherits from its namespace: of each setting that it has no word of its own about. */
export const inheritedFrom = (namespace: Annotations, pod: Annotations): Annotations => {
  const inherited: Record<string, string> = {};
  for (const [, { annotations }] of annotated) {
    if (annotations.some((name) => pod[name] !== undefined)) continue;
    for (const name of annotations) {
      const value = namespace[name];
      if (value !== undefined) inherited[name] = value;
    }
  }
  return inherited;
};

/** A misspelt annotation does nothing, which nobody would notice. */
const unknownOf = (annotations: Annotations, whose: string): readonly string[] =>
  Object.keys(annotations)
    .filter((name) => /^config\.(?:(?:alpha|beta)\.)?(?:linkerd|heddle)\.io\//.test(name) && !known.has(name))
    .map((name) => `annotation ${shorten(name)} of the ${whose} is not known and has no effect`);

const quote = (text: string): string => JSON.stringify(shorten(text));
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
