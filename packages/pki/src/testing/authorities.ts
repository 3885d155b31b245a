/** One mesh for the tests of this package: anchor, issuer and leaves at a fixed time. */
import { randomBytes } from 'node:crypto';
import { createIssuer, createTrustAnchor } from '../issue/authority.ts';
import { issueLeaf } from '../issue/leaf.ts';
import { generatePrivateKey } from '../keys.ts';
import type { Authority, Certificate, IssuedLeaf, Parsed } from '../model.ts';
import { createCsr } from '../request/create.ts';
import { parseCsr } from '../request/parse.ts';
import { dayMs, identity, nowMs } from './build.ts';

export const orFail = <T>(result: Parsed<T>): T => {
  if (result.kind === 'invalid') throw new Error(result.reason);
  return result.value;
};

const clockSkewMs = 20_000;

export const anchorNamed = (commonName: string, days = 3650): Authority =>
  createTrustAnchor({ commonName, nowMs, lifetimeMs: days * dayMs, clockSkewMs, randomBytes });

export const issuerUnder = (parent: Authority, commonName: string, days = 30): Authority =>
  createIssuer(parent, { commonName, nowMs, lifetimeMs: days * dayMs, clockSkewMs, randomBytes });

export const anchor = anchorNamed('root.linkerd.cluster.local');
export const issuer = issuerUnder(anchor, 'identity.linkerd.cluster.local');
export const anchors: readonly Certificate[] = [anchor.certificate];

export const leafFrom = (from: Authority, name = identity, lifetimeMs = dayMs): IssuedLeaf => {
  const request = orFail(parseCsr(createCsr(name, generatePrivateKey())));
  return orFail(issueLeaf(from, request, { identity: name, nowMs, lifetimeMs, clockSkewMs, randomBytes }));
};
