/** What HTTPRoute and GRPCRoute have in common: parents, matches on headers, filters and backends. */

/** The object a route attaches to, with the defaults of its group filled in. */
export interface ParentRef {
  readonly group: string;
  readonly kind: string;
  /** Resolved: the route's own where the reference names none. */
  readonly namespace: string;
  readonly name: string;
  readonly port?: number | undefined;
  readonly sectionName?: string | undefined;
}

export interface BackendRef {
  /** Empty: core. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly port?: number | undefined;
  readonly weight: number;
  readonly filters: readonly RouteFilter[];
}

/** Header and query names and values as text; header names are lower case. Regular expressions are anchored at both ends. */
export interface ValueMatch {
  readonly kind: 'exact' | 'regex';
  readonly name: string;
  readonly value: string;
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export type RouteFilter =
  | HeaderModifierFilter
  | {
      readonly kind: 'redirect';
      readonly scheme?: string | undefined;
      readonly host?: string | undefined;
      readonly path?: PathModifier | undefined;
      readonly port?: number | undefined;
      readonly status: number;
    }
  | { readonly kind: 'urlRewrite'; readonly host?: string | undefined; readonly path?: PathModifier | undefined }
  /** A filter of the Gateway API that is accepted but cannot be enforced: its rule answers 500. */
  | { readonly kind: 'unsupported'; readonly type: string };

export interface HeaderModifierFilter {
  readonly kind: 'requestHeaders' | 'responseHeaders';
  readonly add: readonly NameValue[];
  readonly set: readonly NameValue[];
  readonly remove: readonly string[];
}

export interface PathModifier {
  readonly kind: 'full' | 'prefix';
  readonly value: string;
}
