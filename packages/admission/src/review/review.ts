/**
 * AdmissionReview, admission.k8s.io/v1 and v1beta1: what the API server asks, and what it is answered. An answer has the
 * version of the question, and the question's uid.
 */
import { flagAt, type JsonObject, objectAt, ShapeError, textAt } from './json-shape.ts';

export interface AdmissionRequest {
  readonly reviewVersion: ReviewVersion;
  readonly uid: string;
  /** Of the object. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty for the object itself; `ephemeralcontainers` for those of a pod. */
  readonly subresource: string;
  readonly operation: string;
  readonly namespace: string;
  /** Nothing is made of it, so nothing is to be told of it. */
  readonly isDryRun: boolean;
  readonly object: unknown;
}

type ReviewVersion = (typeof versions)[number];
const versions = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'] as const;

/** Of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add';
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly value: unknown;
}

export type AdmissionAnswer =
  | { readonly kind: 'allow'; readonly patch: readonly PatchOperation[]; readonly warnings: readonly string[] }
  /** `code` is an HTTP status that says whose fault it is. */
  | { readonly kind: 'refuse'; readonly code: number; readonly message: string };

/** The API server sends 36. */
const maxUidChars = 128;

/** @throws {ShapeError} */
export const readReview = (value: unknown): AdmissionRequest => {
  const review = objectAt(value, 'the review') ?? missing('the review');
  const apiVersion = textAt(review['apiVersion'], 'apiVersion');
  const reviewVersion = versions.find((each) => each === apiVersion);
  if (reviewVersion === undefined) throw new ShapeError('apiVersion', `one of ${versions.join(', ')}`);
  if (review['kind'] !== 'AdmissionReview') throw new ShapeError('kind', 'AdmissionReview');
  const request = objectAt(review['request'], 'request') ?? missing('request');
  const uid = textAt(request['uid'], 'request.uid');
  if (uid === '' || uid.length > maxUidChars) throw new ShapeError('request.uid', 'a uid');
  const kind: JsonObject = objectAt(request['kind'], 'request.kind') ?? {};
  return {
    reviewVersion,
    uid,
    group: textAt(kind['group'], 'request.kind.group'),
    version: textAt(kind['version'], 'request.kind.version'),
    kind: textAt(kind['kind'], 'request.kind.kind'),
    subresource: textAt(request['subResource'], 'request.subResource'),
    operation: textAt(request['operation'], 'request.operation'),
    namespace: textAt(request['namespace'], 'request.namespace'),
    isDryRun: flagAt(request['dryRun'], 'request.dryRun'),
    object: request['object'],
  };
};

/** The answer as a review. Without a request, as when that could not be read, in the newer version and for no uid. */
export const formatReview = (
  request: Pick<AdmissionRequest, 'reviewVersion' | 'uid'> | undefined,
  answer: AdmissionAnswer,
): string =>
  JSON.stringify({
    apiVersion: request?.reviewVersion ?? versions[0],
    kind: 'AdmissionReview',
    response: { uid: request?.uid ?? '', ...responseOf(answer) },
  });

const responseOf = (answer: AdmissionAnswer): object => {
  if (answer.kind === 'refuse') {
    const { code, message } = answer;
    return { allowed: false, status: { status: 'Failure', code, reason: reasonOf(code), message } };
  }
  const warnings = fittingWarnings(answer.warnings);
  return {
    allowed: true,
    ...(answer.patch.length > 0 && {
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(answer.patch)).toString('base64'),
    }),
    ...(warnings.length > 0 && { warnings }),
  };
};

/** Longer ones, and more of them, the API server cuts off by itself, in the middle. */
const maxWarnings = 16;
const maxWarningChars = 240;
const fittingWarnings = (warnings: readonly string[]): readonly string[] =>
  warnings
    .slice(0, maxWarnings)
    .map((text) => (text.length > maxWarningChars ? `${text.slice(0, maxWarningChars)}…` : text));

const reasonOf = (code: number): string => {
  if (code === 422) return 'Invalid';
  if (code === 413) return 'RequestEntityTooLarge';
  if (code === 503) return 'ServiceUnavailable';
  return code < 500 ? 'BadRequest' : 'InternalError';
};

const missing = (path: string): never => {
  throw new ShapeError(path, 'there');
};
