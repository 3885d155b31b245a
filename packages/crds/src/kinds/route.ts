/** What HTTPRoute and GRPCRoute have in common: parents, host names, matches on headers and backends. */
import { z } from 'zod';
import type { ReadContext } from '../definition.ts';
import { labelName, objectName } from '../metadata.ts';
import { type ProblemPath, quote } from '../problem.ts';
import { fields, oneOf, portNumber, textLike } from '../schema.ts';
import { headerBytes, headerName } from './headers.ts';
import { apiGroup, kindText, namesKind, namespaceText } from './references.ts';
import { type FilterInput, filtersFrom, type RouteFilter } from './route-filters.ts';
import { checkRegex } from './route-path.ts';

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

/** Header names are lower case, exact header values bytes as Latin-1 text. Regular expressions are anchored at both ends. */
export interface ValueMatch {
  readonly kind: 'exact' | 'regex';
  readonly name: string;
  readonly value: string;
}

const hostPattern = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `spec.hostnames`. */
export const hostnames = () =>
  z
    .array(
      textLike(hostPattern, 'a host name', 'write a lower-case DNS name, "*." before it to match what ends in it', 253),
    )
    .max(16)
    .optional();

/** `spec.parentRefs`, with the default group of the route's own group; the default kind is Gateway (features §3.6). */
export const parentRefs = (defaultGroup: string) =>
  z
    .array(
      fields({
        group: apiGroup().default(defaultGroup),
        kind: kindText().default('Gateway'),
        namespace: namespaceText().optional(),
        name: objectName().describe('the object the route attaches to'),
        port: portNumber().optional(),
        sectionName: z.string().min(1).max(253).optional(),
      }),
    )
    .max(32)
    .optional();

/** A parent as written. */
export type ParentRefInput = NonNullable<z.output<ReturnType<typeof parentRefs>>>[number];

const parentKinds = [
  { group: 'policy.linkerd.io', kind: 'Server' },
  { group: '', kind: 'Service' },
  { group: 'policy.linkerd.io', kind: 'EgressNetwork' },
  { group: 'gateway.networking.k8s.io', kind: 'Gateway' },
] as const;

/** Reads parents; warns of those to which Linkerd and we attach nothing. */
export const parentsFrom = (refs: readonly ParentRefInput[] | undefined, context: ReadContext): ParentRef[] =>
  (refs ?? []).map((ref, index) => {
    const path = ['spec', 'parentRefs', index];
    const known = parentKinds.find(({ group, kind }) => namesKind(ref, group, kind));
    const parent: ParentRef = {
      ...ref,
      group: known?.group ?? ref.group,
      kind: known?.kind ?? ref.kind,
      namespace: ref.namespace ?? context.metadata.namespace,
    };
    if (known === undefined) warnOfUnknownParent(parent, path, context);
    if (parent.kind === 'Server') checkServerParent(parent, path, context);
    if (parent.kind === 'EgressNetwork' && parent.port === undefined) {
      context.fail([...path, 'port'], 'is required: a route on an EgressNetwork names the port it speaks of');
    }
    return parent;
  });

const warnOfUnknownParent = (parent: ParentRef, path: ProblemPath, context: ReadContext): void => {
  const isDefaulted = parent.kind === 'Gateway';
  context.warn(
    [...path, 'kind'],
    `${isDefaulted ? 'is absent, which means Gateway;' : `${quote(parent.kind)} of group ${quote(parent.group)}`} ` +
      'is no parent the mesh knows; use kind Server (group policy.linkerd.io) for inbound routes, ' +
      'or Service (group "") or EgressNetwork (group policy.linkerd.io) for outbound ones',
  );
};

/** A route that breaks these rules attaches nowhere, and its Server is left without it. */
const checkServerParent = (parent: ParentRef, path: ProblemPath, context: ReadContext): void => {
  if (parent.namespace !== context.metadata.namespace) {
    context.warn([...path, 'namespace'], 'a Server takes routes of its own namespace only; the route does not attach');
  }
  for (const field of ['port', 'sectionName'] as const) {
    if (parent[field] !== undefined) {
      context.warn(
        [...path, field],
        'a parent of kind Server takes no such field; remove it, or the route does not attach',
      );
    }
  }
};

const matchType = () => oneOf('a match type', ['Exact', 'RegularExpression']).default('Exact');

/** `matches[].headers`. */
export const headerMatches = () =>
  z
    .array(
      fields({
        name: headerName().describe('the name of the header'),
        type: matchType(),
        value: z.string().min(1).max(4096).describe('the value to match'),
      }),
    )
    .max(16)
    .optional();

/** `matches[].queryParams`. */
export const queryMatches = () =>
  z
    .array(
      fields({
        name: z.string().min(1).max(256).describe('the name of the query parameter'),
        type: matchType(),
        value: z.string().min(1).max(1024).describe('the value to match'),
      }),
    )
    .max(16)
    .optional();

type ValueMatches = z.output<ReturnType<typeof headerMatches>>;

/** Reads matches on headers: names in lower case, exact values as bytes. */
export const headerMatchesFrom = (matches: ValueMatches, path: ProblemPath, context: ReadContext): ValueMatch[] =>
  valueMatchesFrom(matches, { name: (name) => name.toLowerCase(), value: headerBytes }, path, context);

/** Reads matches on query parameters, names and values as they are. */
export const queryMatchesFrom = (matches: ValueMatches, path: ProblemPath, context: ReadContext): ValueMatch[] =>
  valueMatchesFrom(matches, { name: asIs, value: asIs }, path, context);

const asIs = (text: string): string => text;

/** The form in which names, and values that are matched exactly, are compared. */
interface ComparedForm {
  readonly name: (text: string) => string;
  readonly value: (text: string) => string;
}

const valueMatchesFrom = (
  matches: ValueMatches,
  compared: ComparedForm,
  path: ProblemPath,
  context: ReadContext,
): ValueMatch[] => {
  const seen = new Set<string>();
  return (matches ?? []).map((match, index) => {
    const name = compared.name(match.name);
    if (seen.has(name)) {
      const text = `${quote(match.name)} is matched twice; all matches must hold, so write one`;
      context.fail([...path, index, 'name'], text);
    }
    seen.add(name);
    if (match.type === 'Exact') return { kind: 'exact', name, value: compared.value(match.value) };
    checkRegex(match.value, [...path, index, 'value'], context);
    return { kind: 'regex', name, value: match.value };
  });
};

/** `rules[].backendRefs`. */
export const backendRefs = <Filter extends z.ZodType<FilterInput>>(filter: Filter) =>
  z
    .array(
      fields({
        group: apiGroup().default(''),
        kind: kindText().default('Service'),
        name: objectName().describe('the Service that takes the traffic'),
        namespace: namespaceText().optional(),
        port: portNumber().optional(),
        weight: z.int().min(0).max(1_000_000).default(1),
        filters: z.array(filter).max(16).optional(),
      }),
    )
    .max(16)
    .optional();

/** A backend as written. */
export interface BackendRefInput {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly port?: number | undefined;
  readonly weight: number;
  readonly filters?: readonly FilterInput[] | undefined;
}

/** Reads backends. Where `needsPort`, a Service without a port is an error, as at Linkerd's webhook. */
export const backendsFrom = (
  refs: readonly BackendRefInput[] | undefined,
  needsPort: boolean,
  path: ProblemPath,
  context: ReadContext,
): BackendRef[] =>
  (refs ?? []).map((ref, index) => {
    const isService = namesKind(ref, '', 'Service');
    if (isService && ref.port === undefined) {
      const report = needsPort ? context.fail : context.warn;
      report([...path, index, 'port'], 'is required: the port of the Service; without it the backend answers 500');
    }
    return {
      ...ref,
      group: isService ? '' : ref.group,
      kind: isService ? 'Service' : ref.kind,
      namespace: ref.namespace ?? context.metadata.namespace,
      filters: filtersFrom(ref.filters, [...path, index, 'filters'], context),
    };
  });

/** `rules[].name` (GEP-995). */
export const ruleName = () => labelName('the name of a rule').optional();

/** GEP-1619, experimental; taken, not read. */
export const sessionPersistence = () => z.looseObject({}).optional();
