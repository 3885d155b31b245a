import { verifyChain } from '@heddle/pki';
import { expect, test } from 'vitest';
import { createCertificateMill } from './certificate-mill.ts';

const identity = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const nowMs = Date.UTC(2026, 5, 1);

test('a leaf verifies under its own mill and under no other', () => {
  const [ours, foreign] = [createCertificateMill({ nowMs }), createCertificateMill({ nowMs })];
  const { leaf, intermediates } = ours.leaf(identity);
  const expected = { nowMs, purpose: 'serverAuth', identity } as const;
  expect(verifyChain(leaf, intermediates, ours.trustAnchors, expected).kind).toBe('ok');
  expect(verifyChain(leaf, intermediates, foreign.trustAnchors, expected).kind).toBe('invalid');
});
