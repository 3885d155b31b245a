/**
 * Header conditions. A repeated header is one list (RFC 9110 section 5.3): `x: a` and `x: b` say what `x: a, b` says, so
 * both forms must get the same verdict (CVE-2026-26308 is what happens otherwise). Values are therefore compared joined,
 * with `, ` between elements. Linkerd asks whether any single line matches; for a header sent once the two agree.
 */
import type { HeaderMatch, RequestFacts } from './model.ts';
import { compileRegex, matchesRegex, type Regex } from './regex.ts';

export interface HeaderMatcher {
  readonly name: string;
  readonly value: ValueTest;
}

/** A condition on one text value. `invalid` cannot be evaluated: it holds, so that the request ends in a refusal. */
export type ValueTest =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'invalid' };

export const compileHeader = (match: HeaderMatch, problems: string[]): HeaderMatcher => {
  const name = match.name.toLowerCase();
  const value = match.kind === 'exact' ? canonicalValue(name, match.value) : match.value;
  return { name, value: compileValue(match.kind, value, `header ${name}`, problems) };
};

/** Compiles the condition on a value; what cannot be used adds to `problems`. */
export const compileValue = (kind: 'exact' | 'regex', value: string, where: string, problems: string[]): ValueTest => {
  if (kind === 'exact') return { kind, value };
  const regex = compileRegex(value);
  if (!('problem' in regex)) return { kind, regex };
  problems.push(`${where} ${JSON.stringify(value)}: ${regex.problem}`);
  return { kind: 'invalid' };
};

export const matchesValue = (test: ValueTest, value: string): boolean => {
  switch (test.kind) {
    case 'exact':
      return value === test.value;
    case 'regex':
      return matchesRegex(test.regex, value);
    case 'invalid':
      return true;
  }
};

export const matchesHeaders = (matchers: readonly HeaderMatcher[], request: RequestFacts): boolean => {
  for (const { name, value } of matchers) {
    const sent = joinedHeader(request, name);
    if (value.kind !== 'invalid' && (sent === undefined || !matchesValue(value, sent))) return false;
  }
  return true;
};

/** All values of a header as one; undefined when the request has none. */
export const joinedHeader = (request: RequestFacts, name: string): string | undefined => {
  let joined: string | undefined;
  request.someHeader(name, (value) => {
    joined = joined === undefined ? value : `${joined}${separatorOf(name)}${value}`;
    return false;
  });
  return joined === undefined ? undefined : canonicalValue(name, joined);
};

/** HTTP/2 splits cookies at `;` (RFC 9113 section 8.2.3), everything else is split at commas. */
const separatorOf = (name: string): ';' | ',' => (name === 'cookie' ? ';' : ',');

const canonicalValue = (name: string, value: string): string => {
  const separator = separatorOf(name);
  if (!value.includes(separator)) return value;
  return value
    .split(separator)
    .map((element) => element.replace(/^[ \t]+|[ \t]+$/g, ''))
    .join(`${separator} `);
};
