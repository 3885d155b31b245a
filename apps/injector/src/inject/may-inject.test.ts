import { expect, test } from 'vitest';
import { container, podFrom } from '../testing/pods.ts';
import { mayInject } from './may-inject.ts';
import { readPod } from './pod-view.ts';

const annotated = (value: string | undefined): Readonly<Record<string, string>> =>
  value === undefined ? {} : { 'linkerd.io/inject': value };

test.each([
  // namespace, pod, reason, decided at, ingress
  ['enabled', undefined, undefined, 'namespace', false],
  ['enabled', 'enabled', undefined, 'workload', false],
  ['enabled', 'disabled', 'injection_disable_annotation_present', 'workload', false],
  ['enabled', 'ingress', undefined, 'workload', true],
  ['ingress', undefined, undefined, 'namespace', true],
  ['ingress', 'enabled', undefined, 'workload', false],
  ['disabled', undefined, 'injection_enable_annotation_absent', 'namespace', false],
  ['disabled', 'enabled', undefined, 'workload', false],
  ['disabled', 'disabled', 'injection_disable_annotation_present', 'workload', false],
  [undefined, undefined, 'injection_enable_annotation_absent', '', false],
  [undefined, 'enabled', undefined, 'workload', false],
  [undefined, 'disabled', 'injection_disable_annotation_present', 'workload', false],
  ['', '', 'injection_enable_annotation_absent', '', false],
  ['yes', 'enabled', 'invalid_inject_annotation_at_ns', '', false],
  ['enabled', 'Enabled', 'invalid_inject_annotation_at_workload', '', false],
] as const)('namespace %s, pod %s: %s', (namespace, pod, reason, annotationAt, isIngress) => {
  const view = readPod(podFrom({ annotations: annotated(pod) }));
  expect(mayInject(view, annotated(namespace))).toEqual({
    reasons: reason === undefined ? [] : [reason],
    annotationAt,
    isIngress,
  });
});

test.each([
  ['the network of the node', { spec: { hostNetwork: true } }, 'host_network_enabled'],
  ['another system', { spec: { os: { name: 'windows' } } }, 'unsupported_resource'],
  ['our proxy', { containers: [container('web'), container('linkerd-proxy')] }, 'sidecar_already_exists'],
  ['our init container', { spec: { initContainers: [container('linkerd-init')] } }, 'sidecar_already_exists'],
  ["another mesh's proxy by name", { containers: [container('istio-proxy')] }, 'sidecar_already_exists'],
  [
    "another mesh's proxy by image",
    { containers: [container('p', { image: 'mirror.example.com/istio-release/proxyv2:1.20' })] },
    'sidecar_already_exists',
  ],
] as const)('%s stands against it', (_, parts, reason) => {
  expect(mayInject(readPod(podFrom(parts)), annotated('enabled')).reasons).toEqual([reason]);
});

test('all reasons are told', () => {
  const pod = readPod(podFrom({ spec: { hostNetwork: true } }));
  expect(mayInject(pod, {}).reasons).toEqual(['host_network_enabled', 'injection_enable_annotation_absent']);
});
