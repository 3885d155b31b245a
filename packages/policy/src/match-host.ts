/**
 * Which hosts a route is for. A host has many spellings (`API.Shop.`, `api.shop:8080`); all are brought to one before
 * comparing: lower case, no port, no trailing dot (CVE-2021-39155 is what happens otherwise).
 */
import type { HostMatch } from './model.ts';

export interface HostMatcher {
  /** The whole name, or for a suffix `.` and what follows it. */
  readonly name: string;
  readonly isSuffix: boolean;
  /** An exact host outranks any suffix; longer outranks shorter. Above 0. */
  readonly rank: number;
}

const exactRank = 0x1_0000;

export const compileHost = (host: HostMatch): HostMatcher => {
  if (host.kind === 'exact') {
    const name = withoutTrailingDot(host.host.toLowerCase());
    return { name, isSuffix: false, rank: exactRank + name.length };
  }
  const name = `.${withoutTrailingDot(host.reverseLabels.toReversed().join('.').toLowerCase())}`;
  return { name, isSuffix: true, rank: name.length };
};

const withoutTrailingDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name);

/** The rank of the best match; 0 when the route is for any host; -1 when it is not for this one. */
export const rankHost = (hosts: readonly HostMatcher[], host: string): number => {
  if (hosts.length === 0) return 0;
  let best = -1;
  for (const matcher of hosts) {
    if (matcher.rank <= best) continue;
    const isMatch = matcher.isSuffix
      ? host.length > matcher.name.length && host.endsWith(matcher.name)
      : host === matcher.name;
    if (isMatch) best = matcher.rank;
  }
  return best;
};

const authorityForm = /^(?<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])\.?(?::[0-9]*)?$/i;

/**
 * The host of an authority (`Host` or `:authority`) in its one spelling; the empty string when there is none; undefined
 * when the text is no authority (user information, percent-encoding, empty labels …), which could read as one host here
 * and as another in the application.
 */
export const normalizeHost = (authority: string): string | undefined =>
  authority === '' ? '' : authorityForm.exec(authority)?.groups?.['host']?.toLowerCase();
