/** Our server against the openssl command, which shares neither our parameters nor our verification. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { encodePem } from '@heddle/pki';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually, TemporaryDirectory } from '@heddle/testkit';
import { describe, expect, test } from 'vitest';
import { CredentialCell } from './credential-cell.ts';
import { acceptMeshTls, type MeshServerConnection } from './mesh-server.ts';
import { TcpListener } from './tcp-listener.ts';
import { transportHeaderAlpn } from './tls-parameters.ts';
import { TransportError } from './transport-error.ts';

const serverName = 'authors.booksapp.serviceaccount.identity.linkerd.cluster.local';
const clientName = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const mill = createCertificateMill();
const credentials = new CredentialCell(mill.trustAnchors, mill.leaf(serverName));

/** Runs `openssl s_client` against a fresh server; says what it printed and what the server made of it. */
const ask = async (certificate: 'with' | 'without', ...options: readonly string[]) => {
  await using directory = await TemporaryDirectory.create();
  const accepted = Promise.withResolvers<Socket>();
  const listener = await TcpListener.listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    onConnection: accepted.resolve,
  });
  const serving = accepted.promise.then((raw) =>
    acceptMeshTls(raw, { credentials, clock: systemClock, handshakeTimeoutMs: 10_000, alpn: [transportHeaderAlpn] }),
  );
  const leaf = mill.leaf(clientName);
  const anchors = await directory.write('anchors.pem', mill.trustAnchorsPem);
  const args = ['s_client', '-connect', `127.0.0.1:${listener.port}`, '-CAfile', anchors];
  args.push('-servername', serverName, '-verify_hostname', serverName, '-verify_return_error', ...options);
  if (certificate === 'with') {
    args.push('-cert', await directory.write('leaf.pem', encodePem([leaf.leaf])));
    args.push('-cert_chain', await directory.write('chain.pem', encodePem(leaf.intermediates)));
    args.push('-key', await directory.write('key.pem', leaf.keyPem));
  }
  const client = spawn('openssl', args);
  const closed = once(client, 'close');
  let output = '';
  for (const stream of [client.stdout, client.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  let server: MeshServerConnection | TransportError;
  try {
    server = await serving;
    server.socket.write('hello from the mesh\n');
    await eventually(() => expect(output).toContain('hello from the mesh'));
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    server = error;
  }
  client.stdin.end();
  await listener.close();
  await closed;
  return { output, server };
};

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
describe.skipIf(!hasOpenssl)('against another implementation (needs the openssl command)', () => {
  test('a client with a certificate, and with one of the suites and groups it may have', async () => {
    const { output, server } = await ask('with', '-groups', 'X25519', '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256');
    expect(server).toMatchObject({
      tlsVersion: 'TLSv1.3',
      cipher: 'TLS_CHACHA20_POLY1305_SHA256',
      peer: { identity: clientName },
    });
    expect(output).toContain('Verification: OK');
    expect(output).toContain('X25519');
    expect(output).toContain('Acceptable client certificate CA names');
  });

  test('a client without a certificate, and without ALPN', async () => {
    const { server } = await ask('without');
    expect(server).toMatchObject({ peer: undefined, alpn: undefined, sni: serverName });
  });

  test('a client that offers the transport header', async () => {
    const { server } = await ask('without', '-alpn', transportHeaderAlpn);
    expect(server).toMatchObject({ alpn: transportHeaderAlpn });
  });

  test.each([
    ['TLS 1.2', ['-tls1_2']],
    ['a group that is not ours', ['-groups', 'X448']],
    ['a suite that is not ours', ['-ciphersuites', 'TLS_AES_128_CCM_SHA256']],
    ['a protocol that is not ours', ['-alpn', 'http/1.1']],
  ])('%s is refused', async (_, options) => {
    const { server } = await ask('with', ...options);
    expect(server).toMatchObject({ code: 'handshake' });
  });
});
