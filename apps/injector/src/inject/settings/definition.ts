/** One thing that can be configured: where it is written, in which form, and what holds when nobody says anything. */
import type { Form } from './forms.ts';

export interface SettingDefinition<T> {
  /** Where the install values have it, as `proxy.image.name`; the first of several that says something counts. */
  readonly values: readonly string[];
  readonly fallback: T;
  readonly form: Form<T>;
  /** The annotations of pods and namespaces that override it; older spellings after the current one. */
  readonly annotations: readonly string[];
  /** How an upper layer is laid over a lower one; without it, the upper one replaces the lower one. */
  readonly merge?: (lower: T, upper: T) => T;
}

/** Only configurable for a whole install. */
export const installSetting = <T, const F>(
  values: string | readonly string[],
  fallback: F,
  form: Form<T>,
): SettingDefinition<T | F> => ({ values: [values].flat(), fallback, form, annotations: [] });

/** Configurable for an install, and by annotations `config.linkerd.io/NAME` (or with another prefix, in full). */
export const setting = <T, const F>(
  values: string | readonly string[],
  fallback: F,
  form: Form<T>,
  ...annotations: readonly string[]
): SettingDefinition<T | F> => ({
  ...installSetting(values, fallback, form),
  annotations: annotations.map((name) => (name.includes('/') ? name : `config.linkerd.io/${name}`)),
});
