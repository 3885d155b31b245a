/** What tests of edge packages and apps share: certificates, time, tokens, folders, ports, sockets. */
export { type CertificateMill, createCertificateMill, type MilledLeaf } from './certificate-mill.ts';
export { eventually } from './eventually.ts';
export { FakeApiServer } from './fake-api-server/fake-api-server.ts';
export type { FakeKind, FakeManifest } from './fake-api-server/store.ts';
export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { RawClient } from './raw-client.ts';
export { TemporaryDirectory } from './temporary-directory.ts';
export { createTokenMint, type TokenMint } from './token-mint.ts';
