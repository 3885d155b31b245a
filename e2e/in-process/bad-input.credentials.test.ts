/** An issuer, a clock or a token that is wrong: said plainly, nothing issued, and mended without a restart. */
import { createMessage, GrpcClient, identityApi } from '@heddle/api';
import { createCsr, encodePem, encodePkcs8Pem, generatePrivateKey } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import {
  createCertificateMill,
  createTokenMint,
  eventually,
  freePort,
  TemporaryDirectory,
  type TokenMint,
} from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bundle } from './support/bundle.ts';

const books = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const serverName = 'linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local';
const account = { namespace: 'booksapp', name: 'books' } as const;
const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';
const dayMs = 86_400_000;
const mill = createCertificateMill();
const foreign = createCertificateMill();

let dir: TemporaryDirectory;
let mint: TokenMint;
let identity: Bundle;
let address: string;
let admin: string;

const writeIssuer = async (certificatePem: string, keyPem: string): Promise<void> => {
  await dir.write('tls.crt', certificatePem);
  await dir.write('tls.key', keyPem);
};
const good = (): Promise<void> => writeIssuer(encodePem([mill.issuer.certificate]), encodePkcs8Pem(mill.issuer.key));

const certify = async (token: string | Uint8Array, csr: Uint8Array = createCsr(books, generatePrivateKey())) => {
  const credentials = new CredentialCell(mill.trustAnchors);
  const security = { kind: 'mesh', credentials, serverName, clientCertificate: 'omit' } as const;
  const client = new GrpcClient({ address, security, clock: systemClock });
  try {
    const request = { identity: books, token: Buffer.from(token), certificateSigningRequest: csr };
    const message = createMessage(identityApi.CertifyRequestSchema, request);
    return await client.unary(identityApi.Identity.method.certify, message, { timeoutMs: 10_000 });
  } finally {
    client.close();
  }
};

beforeAll(async () => {
  dir = await TemporaryDirectory.create();
  mint = await createTokenMint();
  await dir.write('anchors.pem', mill.trustAnchorsPem);
  await dir.write('jwks.json', JSON.stringify(mint.jwks));
  address = `127.0.0.1:${await freePort()}`;
  admin = `127.0.0.1:${await freePort()}`;
  identity = new Bundle('identity', {
    HEDDLE_IDENTITY_LISTEN: address,
    HEDDLE_ADMIN_LISTEN: admin,
    HEDDLE_ISSUER_DIR: dir.path,
    HEDDLE_TRUST_ANCHORS_FILE: dir.file('anchors.pem'),
    HEDDLE_TOKEN_JWKS_FILE: dir.file('jwks.json'),
    HEDDLE_TOKEN_ISSUER: tokenIssuer,
  });
});
afterAll(async () => {
  await identity.stop();
  await dir[Symbol.asyncDispose]();
});

const issuerFiles = (authority: typeof mill.issuer, key = authority.key): [certificate: string, key: string] => [
  encodePem([authority.certificate]),
  encodePkcs8Pem(key),
];
const leaf = mill.leaf(books);

/** In this order, in one process that has never had a good one. */
const badIssuers: [name: string, files: [certificate: string, key: string], reason: RegExp][] = [
  ['is not there', ['', ''], /BEGIN CERTIFICATE/],
  ['is garbage', ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'x'], /issuer certificate: /],
  ['has expired', issuerFiles(mill.anotherIssuer({ nowMs: Date.now() - 2 * dayMs, lifetimeMs: dayMs })), /expired at/],
  [
    'is of tomorrow, or the clock is of yesterday',
    issuerFiles(mill.anotherIssuer({ nowMs: Date.now() + dayMs })),
    /not valid before .*the clock here says/,
  ],
  [
    'came with the key of another',
    issuerFiles(mill.issuer, foreign.issuer.key),
    /the key does not belong to the issuer certificate/,
  ],
  ['is of another trust anchor', issuerFiles(foreign.issuer), /no way to a trust anchor/],
  ['was made as a leaf', [leaf.chainPem, leaf.keyPem], /is not a CA/],
];

describe('an issuer that', () => {
  test.each(badIssuers)('%s is not taken, and the reason is told', async (_name, files, reason) => {
    await writeIssuer(...files);
    await eventually(async () => {
      const ready = await fetch(`http://${admin}/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toMatch(reason);
    });
    expect(identity.output).toMatch(reason);
    expect(identity.isRunning).toBe(true);
  });

  test('is right is taken at once, without a restart', async () => {
    await good();
    await eventually(async () => expect((await fetch(`http://${admin}/ready`)).status).toBe(200));
    expect((await certify(await mint.mint(account))).leafCertificate.length).toBeGreaterThan(0);
  });

  test('is wrong when a good one is in force leaves that in force', async () => {
    const [, , expired] = badIssuers;
    await writeIssuer(...(expired?.[1] ?? ['', '']));
    await eventually(() => expect(identity.output).toContain(`"keeping":"${mill.issuer.certificate.subject}"`));
    expect((await fetch(`http://${admin}/ready`)).status).toBe(200);
    expect((await certify(await mint.mint(account))).leafCertificate.length).toBeGreaterThan(0);
    await good();
  });
});

describe('no certificate for', () => {
  const flipped = (token: string): string =>
    token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
  const unsigned = (token: string): string => {
    const [, claims] = token.split('.');
    return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
  };
  const other = { namespace: 'booksapp', name: 'traffic' };

  test.each<[name: string, make: () => Promise<string> | string, reason: RegExp]>([
    ['no token', () => '', /token is missing/],
    ['a token that is garbage', () => '\u0000\u00ff'.repeat(500), /not a signed JWT/],
    ['a token of 20 kB', () => 'a'.repeat(20_000), /longer than 16384/],
    ['half a token', async () => (await mint.mint(account)).slice(0, 80), /not a signed JWT/],
    [
      'a token whose signature was changed',
      async () => flipped(await mint.mint(account)),
      /signature .* does not verify/,
    ],
    [
      'a token without a signature',
      async () => unsigned(await mint.mint(account)),
      /algorithm is not allowed|not a signed JWT/,
    ],
    ['a token of another signer', async () => (await createTokenMint()).mint(account), /signature .* does not verify/],
    [
      'a token of an unknown key',
      async () => (await createTokenMint('ES256', 'new')).mint(account),
      /no known key fits/,
    ],
    [
      'a token that has ended',
      () => mint.mint(account, { nowMs: Date.now() - 2 * dayMs, lifetimeMs: dayMs }),
      /has expired .*the clock here says/,
    ],
    [
      'a token of tomorrow',
      () => mint.mint(account, { nowMs: Date.now() + dayMs }),
      /not valid yet .*the clock here says/,
    ],
    ['a token for another audience', () => mint.mint(account, { audience: 'vault' }), /for another audience/],
    ['a token of another issuer', () => mint.mint(account, { issuer: 'https://evil.test' }), /by another issuer/],
    ['the token of another account', () => mint.mint(other), /the token is for traffic\.booksapp/],
  ])('%s', async (_name, make, reason) => {
    await expect(certify(await make())).rejects.toThrow(reason);
  });

  test.each<[name: string, csr: Uint8Array, reason: RegExp]>([
    ['no request', Buffer.alloc(0), /certificate_signing_request is missing/],
    ['a request that is garbage', Buffer.alloc(500, 0x30), /certificate_signing_request: /],
    ['a request of 8 kB', Buffer.alloc(8192, 0x30), /certificate_signing_request: .*4096/],
    ['a request for another name', createCsr(serverName, generatePrivateKey()), /the CSR is unacceptable: it asks for/],
  ])('%s', async (_name, csr, reason) => {
    await expect(certify(await mint.mint(account), csr)).rejects.toThrow(reason);
  });

  test('a good token and request get one all the same', async () => {
    expect((await certify(await mint.mint(account))).leafCertificate.length).toBeGreaterThan(0);
  });
});

test('a proxy with a corrupt token is not ready, says why, and goes on by itself when the token is mended', async () => {
  await dir.write('token', 'not a token');
  const proxyAdmin = `127.0.0.1:${await freePort()}`;
  const nobody = `127.0.0.1:${await freePort()}`;
  await using proxy = new Bundle('proxy', {
    HEDDLE_PROXY_REDIRECTION: 'listeners',
    LINKERD2_PROXY_INBOUND_LISTEN_ADDR: '127.0.0.1:0',
    LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR: '127.0.0.1:0',
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: proxyAdmin,
    LINKERD2_PROXY_IDENTITY_SVC_ADDR: address,
    LINKERD2_PROXY_IDENTITY_SVC_NAME: serverName,
    LINKERD2_PROXY_DESTINATION_SVC_ADDR: nobody,
    LINKERD2_PROXY_POLICY_SVC_ADDR: nobody,
    LINKERD2_PROXY_POLICY_WORKLOAD: '{}',
    LINKERD2_PROXY_IDENTITY_DIR: dir.path,
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: mill.trustAnchorsPem,
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: dir.file('token'),
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: books,
  });
  await eventually(() => expect(proxy.output).toMatch(/"level":"?(?:warn|40).*token/));
  const ready = await fetch(`http://${proxyAdmin}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain('the first certificate');
  await dir.write('token', await mint.mint(account));
  await eventually(async () => expect((await fetch(`http://${proxyAdmin}/ready`)).status).toBe(200));
});
