/**
 * The tokens by which a proxy says for which pod it asks (wire §3.3). They prove nothing: the caller's certificate is
 * held against them (callers.ts). They come out of YAML blocks, so blanks and a newline may surround them.
 */
import { isDnsLabel, isDnsName } from '@heddle/names';

export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

export type WorkloadToken =
  | ({ readonly kind: 'pod' } & PodName)
  | { readonly kind: 'externalWorkload'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'error'; readonly message: string };

export type ContextToken =
  | ({ readonly kind: 'pod'; readonly nodeName: string | undefined } & PodName)
  /** A client that only says in which namespace it is, or nothing at all. */
  | { readonly kind: 'anonymous'; readonly nodeName: string | undefined }
  | { readonly kind: 'error'; readonly message: string };

/** No token is longer: two names of 253 characters, and JSON around them. */
const MAX_LENGTH = 2048;

/** Reads `{"ns":"shop","pod":"web-0"}`, `{"ns":"shop","external_workload":"vm"}` or the older `shop:web-0`. */
export const parseWorkloadToken = (text: string): WorkloadToken => {
  const token = fieldsOf(text);
  if (!token) return notAToken(text, '{"ns":"<namespace>","pod":"<pod>"}');
  const { ns: namespace = '', pod, external_workload: external } = token;
  if (isDnsLabel(namespace) && pod !== undefined && external === undefined && isDnsName(pod)) {
    return { kind: 'pod', namespace, pod };
  }
  if (isDnsLabel(namespace) && external !== undefined && pod === undefined && isDnsName(external)) {
    return { kind: 'externalWorkload', namespace, name: external };
  }
  return notAToken(text, '{"ns":"<namespace>","pod":"<pod>"}');
};

/** Reads `{"ns":"shop","nodeName":"node-1","pod":"web-0"}` or the older `ns:shop`. An empty token is anonymous. */
export const parseContextToken = (text: string): ContextToken => {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'anonymous', nodeName: undefined };
  const token = trimmed.startsWith('ns:') ? { ns: trimmed.slice(3) } : fieldsOf(trimmed);
  const { ns: namespace = '', pod, nodeName } = token ?? {};
  const isValid = isDnsLabel(namespace) && (pod ?? '') !== '' ? isDnsName(pod ?? '') : isDnsLabel(namespace);
  if (!token || !isValid) return notAToken(text, '{"ns":"<namespace>","nodeName":"<node>","pod":"<pod>"}');
  const node = nodeName === '' ? undefined : nodeName;
  return pod === undefined || pod === ''
    ? { kind: 'anonymous', nodeName: node }
    : { kind: 'pod', namespace, pod, nodeName: node };
};

interface Fields {
  readonly ns?: string | undefined;
  readonly pod?: string | undefined;
  readonly external_workload?: string | undefined;
  readonly nodeName?: string | undefined;
}

/** The fields of a JSON token, or of `namespace:pod`; undefined when it is neither. */
const fieldsOf = (text: string): Fields | undefined => {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return undefined;
  if (!trimmed.startsWith('{')) {
    const [ns, pod, ...rest] = trimmed.split(':');
    return pod !== undefined && rest.length === 0 ? { ns, pod } : undefined;
  }
  try {
    const value = JSON.parse(trimmed) as Readonly<Record<string, unknown>>;
    const field = (name: string): string | undefined => {
      const found = Object.hasOwn(value, name) ? value[name] : undefined;
      if (found !== undefined && typeof found !== 'string') throw new TypeError(`${name} is not text`);
      return found;
    };
    return {
      ns: field('ns'),
      pod: field('pod'),
      external_workload: field('external_workload'),
      nodeName: field('nodeName'),
    };
  } catch {
    return undefined;
  }
};

const notAToken = (text: string, form: string): { readonly kind: 'error'; readonly message: string } => ({
  kind: 'error',
  message: `${JSON.stringify(text.slice(0, 80))} is not a token; the form is ${form}`,
});
