/** A client of the mesh made of nothing but `node:tls` and certificates of the mesh's own issuer, for any name wanted. */
import { type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import {
  type Authority,
  type Certificate,
  createCsr,
  encodePem,
  encodePkcs8Pem,
  generatePrivateKey,
  issueLeaf,
  parseAuthority,
  parseCertificate,
  parseCsr,
} from '@heddle/pki';
import { buildLeafNamed, generalName } from '@heddle/pki/testing';
import { RawClient } from '@heddle/testkit';

export interface Credentials {
  /** What the client believes: PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const hourMs = 3_600_000;

/** A leaf for `identity` under the issuer that lies beside the trust anchors of a local mesh. */
export const credentialsFor = (trustAnchorsFile: string, identity: string): Credentials => {
  const key = generatePrivateKey();
  const request = parseCsr(createCsr(identity, key));
  if (request.kind === 'invalid') throw new Error(request.reason);
  const options = { identity, nowMs: Date.now(), lifetimeMs: hourMs, randomBytes };
  const leaf = issueLeaf(issuerBeside(trustAnchorsFile), request.value, options);
  if (leaf.kind === 'invalid') throw new Error(leaf.reason);
  return pemOf(trustAnchorsFile, [leaf.value.certificate, ...leaf.value.intermediates], key);
};

/** What the issuer would never sign: any names, any time. */
export const forgedCredentials = (
  trustAnchorsFile: string,
  names: readonly string[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Credentials => {
  const issuer = issuerBeside(trustAnchorsFile);
  const key = generatePrivateKey();
  const leaf = parseCertificate(
    buildLeafNamed(
      issuer,
      key,
      names.map((name) => generalName(2, name)),
      fromMs,
      toMs,
    ),
  );
  if (leaf.kind === 'invalid') throw new Error(leaf.reason);
  return pemOf(trustAnchorsFile, [leaf.value, issuer.certificate], key);
};

const issuerBeside = (trustAnchorsFile: string): Authority => {
  const read = (name: string): string => readFileSync(join(dirname(trustAnchorsFile), 'issuer', name), 'utf8');
  const issuer = parseAuthority(read('crt.pem'), read('key.pem'));
  if (issuer.kind === 'invalid') throw new Error(issuer.reason);
  return issuer.value;
};

const pemOf = (trustAnchorsFile: string, chain: readonly Certificate[], key: KeyObject): Credentials => ({
  ca: readFileSync(trustAnchorsFile, 'utf8'),
  cert: encodePem(chain),
  key: encodePkcs8Pem(key),
});

export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  /** SNI. */
  readonly serverName: string;
  readonly credentials: Credentials;
  readonly alpn?: string;
}

/**
 * Completes a TLS 1.3 handshake. Rejects when the server ends it. A server that refuses the client's certificate does so
 * after the client's side is done: the connection then ends without a byte.
 */
export const tlsTo = ({ host, port, serverName, credentials, alpn }: TlsTarget): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      servername: serverName,
      ...credentials,
      minVersion: 'TLSv1.3',
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      // The name is a mesh identity, not a host; OpenSSL has verified the chain.
      checkServerIdentity: () => undefined,
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed during the handshake')));
    socket.once('secureConnect', () => {
      socket.removeListener('error', reject);
      resolve(new RawClient(socket, 20_000));
    });
  });
