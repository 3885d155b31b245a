/** Forms of a request target and what they say about the authority (RFC 9112 §3.2). */
import type { Http1ErrorCode } from './error.ts';
import { hexDigit, isHostOctet } from './grammar.ts';
import type { RequestHead, TargetForm } from './head.ts';

/**
 * Decides the form of `head.target` for `head.method`, checks it, and fills `targetForm` and, where the target names
 * an authority, `authority`. Dot segments, escapes and the like are left to policy, which must see them as sent.
 */
export const decodeTarget = (head: RequestHead): Http1ErrorCode | undefined => {
  const { method, target } = head;
  head.authority = '';
  const form = targetForm(method, target);
  if (form === undefined) return 'bad-target';
  head.targetForm = form;
  if (form === 'authority') head.authority = target;
  if (form === 'absolute') {
    const start = target.indexOf('://') + 3;
    head.authority = target.substring(start, authorityEnd(target, start));
  }
  const hasAuthority = form === 'authority' || form === 'absolute';
  return hasAuthority && !isAuthority(head.authority, form === 'authority') ? 'bad-target' : undefined;
};

const targetForm = (method: string, target: string): TargetForm | undefined => {
  if (method === 'CONNECT') return 'authority';
  if (target.charCodeAt(0) === slash) return 'origin';
  if (target === '*') return method === 'OPTIONS' ? 'asterisk' : undefined;
  return /^https?:\/\//i.test(target) ? 'absolute' : undefined;
};

const slash = 47;

const authorityEnd = (target: string, start: number): number => {
  for (let at = start; at < target.length; at++) {
    const char = target.charAt(at);
    if (char === '/' || char === '?' || char === '#') return at;
  }
  return target.length;
};

/**
 * A host, or a host and a port up to 65535; no user information, and brackets only around a whole host. The host is
 * not empty. With `needsPort` the port must be there (CONNECT).
 */
export const isAuthority = (text: string, needsPort: boolean): boolean => {
  const hostEnd = text.charCodeAt(0) === openBracket ? bracketedEnd(text) : plainHostEnd(text);
  if (hostEnd <= 0) return false;
  if (hostEnd === text.length) return !needsPort;
  if (text.charCodeAt(hostEnd) !== colon || text.length > hostEnd + 6) return false;
  let port = 0;
  for (let at = hostEnd + 1; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  const hasPort = text.length > hostEnd + 1;
  return port <= 65_535 && (hasPort || !needsPort);
};

const openBracket = 91;
const closeBracket = 93;
const colon = 58;

const plainHostEnd = (text: string): number => {
  for (let at = 0; at < text.length; at++) {
    const octet = text.charCodeAt(at);
    if (octet === colon) return at;
    if (isHostOctet[octet] !== 1) return -1;
  }
  return text.length;
};

const bracketedEnd = (text: string): number => {
  for (let at = 1; at < text.length; at++) {
    const octet = text.charCodeAt(at);
    if (octet === closeBracket) return at > 1 ? at + 1 : -1;
    if (hexDigit[octet] === 255 && octet !== colon && octet !== 46) return -1;
  }
  return -1;
};

/** Whether a Host field names the authority of an absolute target, but for case and a default port. */
export const agreesWithTarget = (host: string, head: RequestHead): boolean => {
  const defaultPort = head.target.charAt(4).toLowerCase() === 's' ? ':443' : ':80';
  const canonical = (text: string): string => {
    const lower = text.toLowerCase();
    return lower.endsWith(defaultPort) ? lower.slice(0, -defaultPort.length) : lower;
  };
  return canonical(host) === canonical(head.authority);
};
