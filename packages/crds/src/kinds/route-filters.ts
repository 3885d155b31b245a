/** Filters of routes: which exist, how they are written, and what a schema cannot say of them. */
import { z } from 'zod';
import type { ReadContext } from '../definition.ts';
import { type ProblemPath, quote } from '../problem.ts';
import { fields, oneOf, portNumber } from '../schema.ts';
import { headerBytes, headerName } from './headers.ts';
import { apiGroup, kindText, namespaceText } from './references.ts';

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

/** The name of a header is lower case, its value bytes as Latin-1 text. */
export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface PathModifier {
  readonly kind: 'full' | 'prefix';
  readonly value: string;
}

/** Control characters other than the tab (RFC 9110 section 5.5). */
const hasControls = (text: string): boolean =>
  Array.from(text).some((char) => (char < ' ' && char !== '\t') || char === '\u007f');

const headerValues = () =>
  z
    .array(
      fields({
        name: headerName().describe('the name of the header'),
        value: z
          .string()
          .min(1)
          .max(4096)
          .refine((text) => !hasControls(text), { error: 'a header value holds no line breaks or control characters' })
          .describe('the value of the header'),
      }),
    )
    .max(16)
    .optional();

const headerModifier = () =>
  fields({ set: headerValues(), add: headerValues(), remove: z.array(headerName()).max(16).optional() });

const pathModifier = () =>
  fields({
    type: oneOf('a path modifier', ['ReplaceFullPath', 'ReplacePrefixMatch']).describe(
      'ReplaceFullPath or ReplacePrefixMatch',
    ),
    replaceFullPath: z.string().max(1024).optional(),
    replacePrefixMatch: z.string().max(1024).optional(),
  });

const hostname = () => z.string().min(1).max(253);

const redirectStatus = (codes: readonly number[]) =>
  z
    .int()
    .refine((code) => codes.includes(code), {
      error: ({ input }) => `${quote(input)} is not a status for a redirect; use ${codes.join(', ')}`,
    })
    .meta({ enum: codes })
    .default(302);

const requestRedirect = (codes: readonly number[]) =>
  fields({
    scheme: oneOf('a scheme', ['http', 'https']).optional(),
    hostname: hostname().optional(),
    path: pathModifier().optional(),
    port: portNumber().optional(),
    statusCode: redirectStatus(codes),
  });

const urlRewrite = () => fields({ hostname: hostname().optional(), path: pathModifier().optional() });

const requestMirror = () =>
  fields({
    backendRef: fields({
      group: apiGroup().default(''),
      kind: kindText().default('Service'),
      name: z.string().min(1).max(253),
      namespace: namespaceText().optional(),
      port: portNumber().optional(),
    }),
    percent: z.int().min(0).max(100).optional(),
    fraction: fields({ numerator: z.int().min(0), denominator: z.int().min(1).default(100) }).optional(),
  });

const cors = () =>
  fields({
    allowOrigins: z.array(z.string().min(1).max(253)).max(64).optional(),
    allowCredentials: z.boolean().optional(),
    allowMethods: z.array(z.string()).max(9).optional(),
    allowHeaders: z.array(headerName()).max(64).optional(),
    exposeHeaders: z.array(headerName()).max(64).optional(),
    maxAge: z.int().min(1).default(5),
  });

const extensionRef = () => fields({ group: apiGroup(), kind: kindText(), name: z.string().min(1).max(253) });

const filterType = <const T extends readonly [string, ...string[]]>(types: T) =>
  oneOf('a filter this route takes', types).describe('the filter type');

/** `rules[].filters` of policy.linkerd.io routes. */
export const policyFilter = () =>
  fields({
    type: filterType(['RequestHeaderModifier', 'RequestRedirect']),
    requestHeaderModifier: headerModifier().optional(),
    requestRedirect: requestRedirect([301, 302]).optional(),
  });

/** `rules[].backendRefs[].filters` of policy.linkerd.io routes. */
export const policyBackendFilter = () =>
  fields({
    type: filterType(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect']),
    requestHeaderModifier: headerModifier().optional(),
    responseHeaderModifier: headerModifier().optional(),
    requestRedirect: requestRedirect([301, 302]).optional(),
  });

/** Filters of the Gateway API's HTTPRoute. */
export const gatewayHttpFilter = () =>
  fields({
    type: filterType([
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestRedirect',
      'URLRewrite',
      'RequestMirror',
      'CORS',
      'ExtensionRef',
    ]),
    requestHeaderModifier: headerModifier().optional(),
    responseHeaderModifier: headerModifier().optional(),
    requestRedirect: requestRedirect([301, 302, 303, 307, 308]).optional(),
    urlRewrite: urlRewrite().optional(),
    requestMirror: requestMirror().optional(),
    cors: cors().optional(),
    extensionRef: extensionRef().optional(),
  });

/** Filters of the Gateway API's GRPCRoute. */
export const gatewayGrpcFilter = () =>
  fields({
    type: filterType(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'ExtensionRef']),
    requestHeaderModifier: headerModifier().optional(),
    responseHeaderModifier: headerModifier().optional(),
    requestMirror: requestMirror().optional(),
    extensionRef: extensionRef().optional(),
  });

/** Any filter that one of the schemas lets through. */
export type FilterInput = Partial<Omit<z.output<ReturnType<typeof gatewayHttpFilter>>, 'type'>> & {
  readonly type: z.output<ReturnType<typeof gatewayHttpFilter>>['type'];
};

/** Each type has its settings in a field of its own. */
const fieldOfType = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  RequestMirror: 'requestMirror',
  CORS: 'cors',
  ExtensionRef: 'extensionRef',
} as const;

/** Reads a list of filters. */
export const filtersFrom = (
  filters: readonly FilterInput[] | undefined,
  path: ProblemPath,
  context: ReadContext,
): RouteFilter[] =>
  (filters ?? []).flatMap((filter, index) => {
    const at = [...path, index];
    requireOwnField(filter, at, context);
    const read = filterFrom(filter, at, context);
    return read === undefined ? [] : [read];
  });

const requireOwnField = (filter: FilterInput, path: ProblemPath, context: ReadContext): void => {
  for (const [type, field] of Object.entries(fieldOfType)) {
    if (type === filter.type && filter[field] === undefined) {
      context.fail([...path, field], `is required by a filter of type ${type}`);
    } else if (type !== filter.type && filter[field] !== undefined) {
      context.fail([...path, field], `belongs to filters of type ${type}, and this one is ${filter.type}`);
    }
  }
};

const filterFrom = (filter: FilterInput, path: ProblemPath, context: ReadContext): RouteFilter | undefined => {
  const { requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite } = filter;
  switch (filter.type) {
    case 'RequestHeaderModifier':
      return requestHeaderModifier && headersFrom('requestHeaders', requestHeaderModifier);
    case 'ResponseHeaderModifier':
      return responseHeaderModifier && headersFrom('responseHeaders', responseHeaderModifier);
    case 'RequestRedirect':
      return (
        requestRedirect && {
          kind: 'redirect',
          scheme: requestRedirect.scheme,
          host: requestRedirect.hostname,
          path: pathModifierFrom(requestRedirect.path, [...path, 'requestRedirect', 'path'], context),
          port: requestRedirect.port,
          status: requestRedirect.statusCode,
        }
      );
    case 'URLRewrite':
      return (
        urlRewrite && {
          kind: 'urlRewrite',
          host: urlRewrite.hostname,
          path: pathModifierFrom(urlRewrite.path, [...path, 'urlRewrite', 'path'], context),
        }
      );
    case 'RequestMirror':
    case 'CORS':
    case 'ExtensionRef':
      context.warn([...path, 'type'], `${quote(filter.type)} is not enforced by this version; the rule answers 500`);
      return { kind: 'unsupported', type: filter.type };
  }
};

const headersFrom = (
  kind: HeaderModifierFilter['kind'],
  { add = [], set = [], remove = [] }: z.output<ReturnType<typeof headerModifier>>,
): HeaderModifierFilter => ({
  kind,
  add: add.map(headerFrom),
  set: set.map(headerFrom),
  remove: remove.map((name) => name.toLowerCase()),
});

const headerFrom = ({ name, value }: NameValue): NameValue => ({ name: name.toLowerCase(), value: headerBytes(value) });

const pathModifierFrom = (
  modifier: z.output<ReturnType<typeof pathModifier>> | undefined,
  path: ProblemPath,
  context: ReadContext,
): PathModifier | undefined => {
  if (modifier === undefined) return undefined;
  const { type, replaceFullPath, replacePrefixMatch } = modifier;
  const isFull = type === 'ReplaceFullPath';
  const [field, other] = isFull ? ['replaceFullPath', 'replacePrefixMatch'] : ['replacePrefixMatch', 'replaceFullPath'];
  const value = isFull ? replaceFullPath : replacePrefixMatch;
  if (value === undefined) context.fail([...path, field], `is required by type ${type}`);
  if ((isFull ? replacePrefixMatch : replaceFullPath) !== undefined) {
    context.fail([...path, other], `does not go with type ${type}; remove it`);
  }
  // An empty replacement takes the matched prefix away.
  if (value !== undefined && value !== '' && !value.startsWith('/')) {
    context.fail([...path, field], `${quote(value)} is not an absolute path; begin it with "/"`);
  }
  return { kind: isFull ? 'full' : 'prefix', value: value ?? '' };
};
