import { createCertificateMill } from '@heddle/testkit';
import { expect, test } from 'vitest';
import type { MeshPeer } from './mesh-peer.ts';
import { VerifiedLeaves } from './verified-leaves.ts';

const mill = createCertificateMill();
const { leaf, intermediates } = mill.leaf('web.shop.serviceaccount.identity.linkerd.cluster.local');
const { trustAnchors } = mill;
const peer: MeshPeer = { identity: 'web', notAfterMs: 2000, leaf, intermediates, trustAnchors, purpose: 'clientAuth' };
const asked = { trustAnchors, wallMs: 1000, purpose: 'clientAuth' } as const;

const remembered = (): VerifiedLeaves => {
  const leaves = new VerifiedLeaves(2);
  leaves.remember(peer, asked);
  return leaves;
};

test.each<[string, Partial<typeof asked> | { wallMs: number } | { purpose: 'serverAuth' }, boolean]>([
  ['again', {}, true],
  ['up to its end', { wallMs: 2000 }, true],
  ['after its end', { wallMs: 2001 }, false],
  ['with a clock that was set back', { wallMs: 999 }, false],
  ['for another purpose', { purpose: 'serverAuth' }, false],
  ['under another bundle, even one of the same anchors', { trustAnchors: [...trustAnchors] }, false],
])('a good certificate %s', (_, change, isKnown) => {
  expect(remembered().find(leaf.der, { ...asked, ...change })).toBe(isKnown ? peer : undefined);
});

test('another certificate of the same peer is unknown', () => {
  const renewed = mill.leaf('web.shop.serviceaccount.identity.linkerd.cluster.local');
  expect(remembered().find(renewed.leaf.der, asked)).toBeUndefined();
});

test('the oldest goes first', () => {
  const leaves = remembered();
  for (const name of ['a', 'b']) leaves.remember({ ...peer, leaf: mill.leaf(`${name}.test`).leaf }, asked);
  expect(leaves.find(leaf.der, asked)).toBeUndefined();
});
