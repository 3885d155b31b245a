/**
 * Query conditions, on the parameters of `application/x-www-form-urlencoded` (URL Standard section 5.1). A parameter
 * that is sent more than once must match each time: which one an application believes is not known here. (Linkerd is
 * content with any; for a parameter sent once the two agree.)
 */
import { compileValue, matchesValue, type ValueTest } from './match-headers.ts';
import type { QueryParamMatch } from './model.ts';

export interface QueryMatcher {
  readonly name: string;
  readonly value: ValueTest;
}

export const compileQuery = (match: QueryParamMatch, problems: string[]): QueryMatcher => ({
  name: match.name,
  value: compileValue(match.kind, match.value, `query parameter ${match.name}`, problems),
});

/** Whether the query of a request target (`/path?query`) meets every condition. */
export const matchesQuery = (matchers: readonly QueryMatcher[], target: string): boolean => {
  if (matchers.length === 0) return true;
  const parameters = parseQuery(target);
  return matchers.every(({ name, value }) => {
    if (value.kind === 'invalid') return true;
    const sent = parameters.filter((parameter) => parameter.name === name);
    return (
      sent.length > 0 &&
      sent.every((parameter) => parameter.value !== undefined && matchesValue(value, parameter.value))
    );
  });
};

interface QueryParameter {
  readonly name: string | undefined;
  readonly value: string | undefined;
}

const parseQuery = (target: string): readonly QueryParameter[] => {
  const start = target.indexOf('?');
  if (start < 0) return [];
  const pairs = target.slice(start + 1).split('&');
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return { name: decodeComponent(pair), value: '' };
    return { name: decodeComponent(pair.slice(0, equals)), value: decodeComponent(pair.slice(equals + 1)) };
  });
};

/** `+` is a space, `%XX` a byte, bytes are UTF-8; undefined (equal to nothing) when that does not come out as text. */
const decodeComponent = (text: string): string | undefined => {
  const encoded = text.replaceAll('+', ' ').replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
};
