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

/** Whether a host, normalised, is the one or one of those that are meant. */
export const isHost = ({ name, isSuffix }: HostMatcher, host: string): boolean =>
  isSuffix ? host.length > name.length && host.endsWith(name) : host === name;

const authorityForm = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])\.?(?::[0-9]*)?$/;

/**
 * The host of an authority (`Host` or `:authority`) in its one spelling; the empty string when there is none; undefined
 * when the text is no authority (user information, percent-encoding, empty labels …), which could read as one host here
 * and as another in the application.
 */
export const normalizeHost = (authority: string): string | undefined => {
  if (authority === '') return '';
  if (!authorityForm.test(authority)) return undefined;
  // The form has a colon before the port only, but for those of an address in brackets.
  const port = authority.indexOf(':', authority.indexOf(']') + 1);
  return withoutTrailingDot(port < 0 ? authority : authority.slice(0, port)).toLowerCase();
};
