/**
 * Who a client must prove to be. Names are compared as text, never as patterns: exact, or by their ending at a dot.
 * Only DNS-like names have endings; a URI (SPIFFE) identity matches when it is listed in full (wire section 8.2).
 */
import type { Authentication, TlsFacts } from './model.ts';

export type AuthenticationMatcher =
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'tls' }
  | {
      readonly kind: 'identities';
      readonly names: ReadonlySet<string>;
      /** `.` and what follows it: `.shop.serviceaccount.identity.linkerd.cluster.local`. */
      readonly endings: readonly string[];
      readonly isAnyName: boolean;
    };

export const compileAuthentication = (authentication: Authentication): AuthenticationMatcher => {
  if (authentication.kind !== 'identities') return authentication;
  const { identities, suffixes } = authentication;
  return {
    kind: 'identities',
    names: new Set(identities),
    endings: suffixes.filter((labels) => labels.length > 0).map((labels) => `.${labels.join('.')}`),
    isAnyName: suffixes.some((labels) => labels.length === 0),
  };
};

export const matchesAuthentication = (matcher: AuthenticationMatcher, tls: TlsFacts): boolean => {
  switch (matcher.kind) {
    case 'unauthenticated':
      return true;
    case 'tls':
      return tls.kind !== 'none';
    case 'identities': {
      if (tls.kind !== 'mutual' || tls.identity === '') return false;
      const name = tls.identity;
      if (matcher.names.has(name)) return true;
      // A DNS-like name has no colon; a URI always has one.
      if (name.includes(':')) return false;
      return (
        matcher.isAnyName || matcher.endings.some((ending) => name.length > ending.length && name.endsWith(ending))
      );
    }
  }
};
