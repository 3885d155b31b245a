/** Why a pod is left without a proxy: the codes that metrics carry, and what people read in events (features §2.1). */

/** By code, the sentence that follows "proxy injection skipped: ". */
export const skipReasonTexts = {
  host_network_enabled: 'hostNetwork is enabled, so there is no network of its own to redirect',
  sidecar_already_exists: 'the pod has a sidecar already',
  unsupported_resource: 'this kind of object cannot have a proxy',
  injection_enable_annotation_absent: 'neither the namespace nor the pod is annotated linkerd.io/inject: enabled',
  injection_disable_annotation_present: 'the pod is annotated linkerd.io/inject: disabled',
  invalid_inject_annotation_at_workload:
    'the annotation linkerd.io/inject of the pod is none of enabled, disabled and ingress',
  invalid_inject_annotation_at_ns:
    'the annotation linkerd.io/inject of the namespace is none of enabled, disabled and ingress',
} as const;

export type SkipReason = keyof typeof skipReasonTexts;

/** One sentence for all reasons. */
export const formatSkipReasons = (reasons: readonly SkipReason[]): string =>
  reasons.map((reason) => skipReasonTexts[reason]).join('; ');
