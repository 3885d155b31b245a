import { expect, test } from 'vitest';
import type { PodDecision } from '../admission/admit.ts';
import { readPod } from '../inject/pod-view.ts';
import { podFrom } from '../testing/pods.ts';
import { reportOf } from './decision-report.ts';

const decision = (parts: Partial<PodDecision>): PodDecision => ({
  pod: readPod(podFrom()),
  namespace: 'shop',
  owner: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1', uid: 'u1' },
  annotationAt: 'namespace',
  outcome: { kind: 'inject', patch: [], warnings: [], annotationAt: 'namespace' },
  isDryRun: false,
  ...parts,
});
const skip = (...reasons: Extract<PodDecision['outcome'], { kind: 'skip' }>['reasons']): PodDecision['outcome'] => ({
  kind: 'skip',
  reasons,
  patch: [],
  warnings: [],
  annotationAt: '',
});

test('the owner hears what became of its pod', () => {
  expect(reportOf(decision({}))).toEqual({
    regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u1' },
    type: 'Normal',
    reason: 'Injected',
    action: 'Inject',
    note: 'proxy injected',
  });
  expect(reportOf(decision({ outcome: skip('host_network_enabled', 'sidecar_already_exists') }))).toMatchObject({
    type: 'Normal',
    reason: 'InjectionSkipped',
    note: 'proxy injection skipped: hostNetwork is enabled, so there is no network of its own to redirect; the pod has a sidecar already',
  });
  expect(reportOf(decision({ outcome: { kind: 'refuse', message: 'no' } }))).toMatchObject({
    type: 'Warning',
    reason: 'InjectionRefused',
    note: 'no',
  });
});

test('the owner hears the warnings, which kubectl shows of pods alone', () => {
  const outcome = { kind: 'inject', patch: [], warnings: ['one', 'two'], annotationAt: 'namespace' } as const;
  expect(reportOf(decision({ outcome }))).toMatchObject({ type: 'Normal', note: 'proxy injected; one; two' });
});

test('an owner that is half known is named as far as it goes', () => {
  expect(reportOf(decision({ owner: { kind: 'Rollout', name: 'web' } }))?.regarding).toEqual({
    apiVersion: '',
    kind: 'Rollout',
    namespace: 'shop',
    name: 'web',
  });
});

test('nobody hears of a pod of its own, or of a dry run', () => {
  expect(reportOf(decision({ owner: undefined }))).toBeUndefined();
  expect(reportOf(decision({ isDryRun: true }))).toBeUndefined();
});
