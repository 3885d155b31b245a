/**
 * The certificates that a TLS server shows, whether they are to be trusted or not: that is for the reader of the answer.
 * Nothing is sent after the handshake.
 */
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { type Certificate, type Parsed, parseCertificate } from '@heddle/pki';

export interface HandshakeTarget {
  readonly host: string;
  readonly port: number;
  /** SNI to ask for: a proxy shows its certificate to whoever asks for its own name. */
  readonly serverName: string;
  readonly timeoutMs: number;
  /** A connection to use, such as a forwarded port; absent: one to `host` and `port` is made. */
  readonly connection?: Duplex | undefined;
}

export interface ShownChain {
  /** Leaf first, as the server sent them. */
  readonly certificates: readonly Certificate[];
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly group: string;
}

const maxCertificates = 8;

/** Shakes hands and hangs up. `invalid`: no connection, no TLS, no certificate, or one that cannot be read. */
export const shownChain = (target: HandshakeTarget): Promise<Parsed<ShownChain>> => {
  const { promise, resolve } = Promise.withResolvers<Parsed<ShownChain>>();
  const socket = connect({
    ...(target.connection ? { socket: target.connection } : { host: target.host, port: target.port }),
    servername: target.serverName,
    minVersion: 'TLSv1.3',
    // Whatever is shown is to be read; it is verified afterwards, with the reasons.
    rejectUnauthorized: false,
    timeout: target.timeoutMs,
  });
  const finish = (result: Parsed<ShownChain>): void => {
    resolve(result);
    socket.destroy();
  };
  const fail = (reason: string): void => finish({ kind: 'invalid', reason });
  socket.once('secureConnect', () => finish(readChain(socket)));
  socket.on('error', (error) => fail(`no TLS handshake with ${target.host}:${target.port}: ${error.message}`));
  socket.once('timeout', () => fail(`no answer from ${target.host}:${target.port} within ${target.timeoutMs} ms`));
  socket.once('close', () =>
    fail(`${target.host}:${target.port} closed the connection before it showed a certificate`),
  );
  return promise;
};

const readChain = (socket: TLSSocket): Parsed<ShownChain> => {
  const certificates: Certificate[] = [];
  for (const { raw } of chainOf(socket.getPeerX509Certificate())) {
    const certificate = parseCertificate(raw);
    if (certificate.kind === 'invalid') return certificate;
    certificates.push(certificate.value);
  }
  if (certificates.length === 0) return { kind: 'invalid', reason: 'the server showed no certificate' };
  const group = socket.getEphemeralKeyInfo();
  return {
    kind: 'ok',
    value: {
      certificates,
      tlsVersion: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher().standardName,
      group: group !== null && 'name' in group && typeof group.name === 'string' ? group.name : 'unknown',
    },
  };
};

const chainOf = (leaf: X509Certificate | undefined): readonly X509Certificate[] => {
  const chain: X509Certificate[] = [];
  for (let next = leaf; next !== undefined && chain.length < maxCertificates; next = next.issuerCertificate) {
    if (chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) break;
    chain.push(next);
  }
  return chain;
};
