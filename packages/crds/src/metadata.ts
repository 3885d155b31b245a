/** `metadata` of any object: what Kubernetes demands of names, labels and annotations. */
import { z } from 'zod';
import type { ObjectMeta } from './object.ts';
import type { Problem } from './problem.ts';
import { checkAgainst, fields, textLike } from './schema.ts';
import { parseTimestamp } from './time.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelText = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** The name of an object: a lower-case DNS name. */
export const objectName = (): z.ZodString =>
  textLike(dnsName, 'an object name', 'use lower-case letters, digits, "-" and "."', 253);

/** The name of a namespace or of a Service: one lower-case DNS label. */
export const labelName = (noun = 'a namespace name'): z.ZodString =>
  textLike(dnsLabel, noun, 'use lower-case letters, digits and "-"', 63);

/** Label keys and values. */
export const labels = (): z.ZodRecord<z.ZodString, z.ZodString> =>
  z.record(
    z.string().regex(qualifiedName),
    textLike(labelText, 'a label value', 'use letters, digits, "-", "_" and "."', 63, 0),
  );

const annotations = z.record(z.string().regex(qualifiedName), z.string().max(262_144));

const timestamp = z.string().refine((text) => parseTimestamp(text) !== undefined, {
  error: 'is not an RFC 3339 time such as 2026-01-31T12:00:00Z',
});

const metadataSchema = fields({
  name: objectName().describe('the name of the object'),
  namespace: labelName().optional(),
  uid: z.string().max(253).optional(),
  creationTimestamp: timestamp.optional(),
  deletionTimestamp: timestamp.optional(),
  labels: labels().optional(),
  annotations: annotations.optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().min(0).optional(),
  ownerReferences: z
    .array(
      z.object({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
      }),
    )
    .optional(),
  deletionGracePeriodSeconds: z.unknown().optional(),
  finalizers: z.unknown().optional(),
  generateName: z.unknown().optional(),
  managedFields: z.unknown().optional(),
  selfLink: z.unknown().optional(),
});

/** What an object's manifest may leave open. */
export interface MetadataDefaults {
  /** For a namespaced object that names none. */
  readonly namespace: string;
  readonly creationTimestampMs: number;
}

/** Reads `metadata`. A cluster-scoped object gets an empty namespace. Nulls count as absent, as generators write them. */
export const parseMetadata = (
  value: unknown,
  isNamespaced: boolean,
  defaults: MetadataDefaults,
):
  | { readonly kind: 'valid'; readonly value: ObjectMeta }
  | { readonly kind: 'invalid'; readonly problems: Problem[] } => {
  const checked = checkAgainst(metadataSchema, withoutNulls(value), ['metadata']);
  if (checked.kind === 'invalid') return checked;
  const meta = checked.value;
  return {
    kind: 'valid',
    value: {
      name: meta.name,
      namespace: isNamespaced ? (meta.namespace ?? defaults.namespace) : '',
      uid: meta.uid ?? '',
      creationTimestampMs: timeOf(meta.creationTimestamp) ?? defaults.creationTimestampMs,
      deletionTimestampMs: timeOf(meta.deletionTimestamp),
      labels: meta.labels ?? {},
      annotations: meta.annotations ?? {},
      resourceVersion: meta.resourceVersion ?? '',
      generation: meta.generation ?? 0,
      ownerReferences: (meta.ownerReferences ?? []).map((owner) => ({
        group: groupOf(owner.apiVersion),
        kind: owner.kind,
        name: owner.name,
        uid: owner.uid,
        isController: owner.controller ?? false,
      })),
    },
  };
};

const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseTimestamp(text);

/** `apps/v1` -> `apps`; `v1` -> the empty core group. */
export const groupOf = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));

const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
    : value;
