/** What is to be done with a pod or a Service that is about to be made. */
import type { PatchOperation } from '@heddle/admission';
import type { SkipReason } from './skip-reasons.ts';

export type Outcome =
  | {
      readonly kind: 'inject';
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly string[];
      readonly annotationAt: AnnotationAt;
    }
  /** Left without a proxy. The patch at most writes down its opaque ports. */
  | {
      readonly kind: 'skip';
      readonly reasons: readonly SkipReason[];
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly string[];
      readonly annotationAt: AnnotationAt;
    }
  /** Must not be made as it is; the message says how to mend it. */
  | { readonly kind: 'refuse'; readonly message: string };

/** Where the annotation that decided was found, as the metrics name it; empty when there was none. */
export type AnnotationAt = 'namespace' | 'workload' | '';

/** The object that stands behind a pod: a Deployment rather than its ReplicaSet, a CronJob rather than its Job. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  /** As far as it is known: for those who look for events about it. */
  readonly apiVersion?: string;
  readonly uid?: string;
}

/** The namespace of the object under review. */
export interface NamespaceView {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}
