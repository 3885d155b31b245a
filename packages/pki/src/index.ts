/**
 * X.509 for the mesh: trust anchor -> issuer -> leaf, requests, bundles, verification (reference: wire section 5).
 * Making a certificate is three steps that stay apart: a template says what it holds, a check says whether it may be
 * issued, signing turns it into bytes. Bytes go in and values come out; time and serial numbers are arguments.
 */
export { bundleDigest, encodePem, parsePemBundle } from './certificate/bundle.ts';
export { parseCertificate } from './certificate/parse.ts';
export { type AuthorityOptions, createIssuer, createTrustAnchor } from './issue/authority.ts';
export { type IssuerValidation, parseAuthority, validateIssuer } from './issue/issuer-credentials.ts';
export { issueLeaf, type LeafOptions } from './issue/leaf.ts';
export type { ValidityWindow } from './issue/validity.ts';
export { encodePkcs8, encodePkcs8Pem, generatePrivateKey, parsePrivateKey } from './keys.ts';
export type * from './model.ts';
export { whyCsrUnacceptable } from './request/check.ts';
export { createCsr } from './request/create.ts';
export { parseCsr } from './request/parse.ts';
export { type ChainExpectation, findPath, type VerifiedChain, verifyChain } from './verify/chain.ts';
