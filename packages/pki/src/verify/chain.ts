/**
 * Chain verification with our own eyes (wire section 5.4; RFC 5280 section 6 for what a mesh uses of it). TLS verifies
 * too; this says what exactly is wrong, enforces the single-identity rule and tells when the chain ends.
 */
import { quote } from '../certificate/identity.ts';
import { isSignedBy } from '../certificate/signature.ts';
import { whyOutsideValidity } from '../issue/validity.ts';
import type { Certificate, KeyPurpose, Parsed } from '../model.ts';

export interface ChainExpectation {
  readonly nowMs: number;
  /** `serverAuth` to check a server, `clientAuth` to check a client. */
  readonly purpose: KeyPurpose;
  /** The identity (DNS name or SPIFFE ID) the leaf must carry; without it, any well-formed one. */
  readonly identity?: string | undefined;
}

export interface VerifiedChain {
  /** The leaf's identity. */
  readonly identity: string;
  /** Leaf first, trust anchor last. */
  readonly path: readonly Certificate[];
  /** The earliest end of all certificates in the path. */
  readonly notAfterMs: number;
}

/** Leaf, three CAs, anchor: more than any mesh has. */
const maxPathLength = 5;
/** A peer chooses the intermediates; without a bound it could choose how long we search. */
const maxIntermediates = 8;
const maxSignatureChecks = 24;

export const verifyChain = (
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  expected: ChainExpectation,
): Parsed<VerifiedChain> => {
  const unfit = whyLeafUnfit(leaf, expected);
  if (unfit !== undefined) return { kind: 'invalid', reason: `the certificate ${unfit}` };
  const path = findPath(leaf, intermediates, anchors, expected);
  if (path.kind === 'invalid') return path;
  const identity = leaf.identity.kind === 'none' ? '' : leaf.identity.name;
  return {
    kind: 'ok',
    value: { identity, path: path.value, notAfterMs: Math.min(...path.value.map(({ notAfterMs }) => notAfterMs)) },
  };
};

const whyLeafUnfit = (leaf: Certificate, { nowMs, purpose, identity }: ChainExpectation): string | undefined => {
  if (leaf.identity.kind === 'none') return `names nobody: ${leaf.identity.reason}`;
  if (identity !== undefined && leaf.identity.name !== identity) {
    return `is for ${quote(leaf.identity.name)}, expected ${quote(identity)}`;
  }
  if (leaf.isCa) return 'is a CA, expected a leaf';
  if (leaf.key.kind !== 'ec') return 'has a key that is not ECDSA';
  if (leaf.keyUsage?.has('digitalSignature') === false) return 'may not be used for digital signatures';
  return whyUnfit(leaf, purpose, nowMs);
};

const whyUnfit = (certificate: Certificate, purpose: KeyPurpose, nowMs: number): string | undefined => {
  const [unsupported] = certificate.unsupportedCritical;
  if (unsupported !== undefined) return `has the extension ${unsupported}, which is not supported`;
  if (certificate.extendedKeyUsage?.has(purpose) === false) return `may not be used for ${purpose}`;
  const outside = whyOutsideValidity(certificate, nowMs);
  return outside === undefined ? undefined : `is ${outside}`;
};

/**
 * Every way from `child` to an anchor, depth first, within a budget; the first that holds wins. A certificate authority
 * is matched by name and key identifier, so the search rarely tries anything in vain.
 */
export const findPath = (
  child: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  expected: Pick<ChainExpectation, 'nowMs' | 'purpose'>,
): Parsed<readonly Certificate[]> => {
  if (intermediates.length > maxIntermediates) {
    return {
      kind: 'invalid',
      reason: `${intermediates.length} intermediate certificates, at most ${maxIntermediates}`,
    };
  }
  const reasons = new Set<string>();
  let checksLeft = maxSignatureChecks;
  const extend = (path: readonly Certificate[]): readonly Certificate[] | undefined => {
    const last = path.at(-1) ?? child;
    const authorities = [...anchors, ...intermediates].filter((candidate) => isNamedAsIssuer(candidate, last));
    if (authorities.length === 0)
      reasons.add(`no certificate of its issuer ${last.issuer} among intermediates and trust anchors`);
    for (const candidate of authorities) {
      const isAnchor = anchors.includes(candidate);
      if (path.includes(candidate) || path.length + (isAnchor ? 0 : 1) >= maxPathLength || checksLeft === 0) continue;
      const what = `${isAnchor ? 'trust anchor' : 'intermediate'} ${candidate.subject}`;
      const unfit =
        whyAuthorityUnfit(candidate, path.length - 1) ?? whyUnfit(candidate, expected.purpose, expected.nowMs);
      if (unfit !== undefined) {
        reasons.add(`${what} ${unfit}`);
        continue;
      }
      checksLeft -= 1;
      if (!isSignedBy(last.signed, candidate.publicKey)) {
        reasons.add(`${what} did not sign ${last === child ? 'it' : last.subject}`);
        continue;
      }
      const found = isAnchor ? [...path, candidate] : extend([...path, candidate]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const path = extend([child]);
  if (path !== undefined) return { kind: 'ok', value: path };
  return { kind: 'invalid', reason: `no way to a trust anchor: ${[...reasons].join('; ') || 'the chain is too long'}` };
};

const isNamedAsIssuer = (candidate: Certificate, child: Certificate): boolean =>
  candidate.subjectDer.equals(child.issuerDer) &&
  (candidate.subjectKeyId === undefined ||
    child.authorityKeyId === undefined ||
    candidate.subjectKeyId === child.authorityKeyId);

/** `authoritiesBelow` counts the CA certificates between this one and the leaf. */
const whyAuthorityUnfit = (authority: Certificate, authoritiesBelow: number): string | undefined => {
  if (!authority.isCa) return 'is not a CA';
  if (authority.keyUsage?.has('keyCertSign') === false) return 'may not sign certificates';
  if (authority.pathLength !== undefined && authority.pathLength < authoritiesBelow) {
    return `allows ${authority.pathLength} CA(s) below itself, there are ${authoritiesBelow}`;
  }
  return isAuthorityKey(authority) ? undefined : 'has a key that is neither ECDSA P-256 nor RSA of 2048 or 4096 bits';
};

const isAuthorityKey = ({ key }: Certificate): boolean =>
  key.kind === 'ec' ? key.curve === 'P-256' : key.kind === 'rsa' && (key.bits === 2048 || key.bits === 4096);
