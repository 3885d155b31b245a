/** Whether a pod gets a proxy: who asked for it, and what stands against it (features §2.1). */
import { hasSidecar } from './existing-sidecar.ts';
import type { AnnotationAt } from './outcome.ts';
import type { PodView } from './pod-view.ts';
import type { SkipReason } from './skip-reasons.ts';

export interface MayInject {
  /** Empty: inject. */
  readonly reasons: readonly SkipReason[];
  readonly annotationAt: AnnotationAt;
  readonly isIngress: boolean;
}

export const injectAnnotation = 'linkerd.io/inject';
const wanted = ['enabled', 'ingress'];
const choices = [...wanted, 'disabled'];

export const mayInject = (pod: PodView, namespace: Readonly<Record<string, string>>): MayInject => {
  const { reason, ...found } = readAnnotations(pod.annotations?.[injectAnnotation], namespace[injectAnnotation]);
  const reasons: SkipReason[] = [];
  if (pod.isHostNetwork) reasons.push('host_network_enabled');
  if (hasSidecar(pod)) reasons.push('sidecar_already_exists');
  if (pod.os !== 'linux') reasons.push('unsupported_resource');
  if (reason !== undefined) reasons.push(reason);
  return { ...found, reasons };
};

interface Found {
  readonly reason: SkipReason | undefined;
  readonly annotationAt: AnnotationAt;
  readonly isIngress: boolean;
}

/** What the pod says goes before what its namespace says; a value that neither knows stands against both. */
const readAnnotations = (pod = '', namespace = ''): Found => {
  const skip = (reason: SkipReason, annotationAt: AnnotationAt): Found => ({ reason, annotationAt, isIngress: false });
  if (namespace !== '' && !choices.includes(namespace)) return skip('invalid_inject_annotation_at_ns', '');
  if (pod !== '' && !choices.includes(pod)) return skip('invalid_inject_annotation_at_workload', '');
  const annotationAt = pod === '' ? (namespace === '' ? '' : 'namespace') : 'workload';
  if (pod === 'disabled') return skip('injection_disable_annotation_present', 'workload');
  const value = pod || namespace;
  if (!wanted.includes(value)) return skip('injection_enable_annotation_absent', annotationAt);
  return { reason: undefined, annotationAt, isIngress: value === 'ingress' };
};
