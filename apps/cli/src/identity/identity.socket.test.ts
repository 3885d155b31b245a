import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { type CertificateMill, createCertificateMill, TemporaryDirectory } from '@heddle/testkit';
import { afterEach, expect, test } from 'vitest';
import { goldenFile, runCommand } from '../testing/command.ts';

const books = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const servers: Server[] = [];

const listen = async (server: Server): Promise<string> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A server that shows a leaf of the mill, as a proxy does. */
const proxyOf = (mill: CertificateMill, identity = books, options: TlsOptions = {}): Promise<string> => {
  const { chainPem, keyPem } = mill.leaf(identity);
  return listen(createTlsServer({ cert: chainPem, key: keyPem, minVersion: 'TLSv1.3', ...options }));
};

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Without what differs from run to run. */
const steady = (text: string): string =>
  text
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/serial {4}[0-9a-f]+/g, 'serial    SERIAL')
    .replace(/[\d-]+T[\d:.]+Z/g, 'TIME')
    .replace(/, [0-9hms]+ left/g, ', REST left');

test('a chain that holds, and the same without anchors, by another anchor, and under another name', async () => {
  await using directory = await TemporaryDirectory.create();
  const mill = createCertificateMill();
  const address = await proxyOf(mill);
  const anchors = await directory.write('anchors.pem', mill.trustAnchorsPem);
  const foreign = await directory.write('foreign.pem', createCertificateMill().trustAnchorsPem);
  const ask = (...args: readonly string[]) => runCommand('identity', address, ...args);

  const verified = await ask('--server-name', books, '--trust-anchors', anchors);
  expect(verified).toMatchObject({ exitCode: 0, error: '' });
  await expect(steady(verified.out)).toMatchFileSnapshot(goldenFile('identity'));

  const json = await ask('--server-name', books, '--trust-anchors', anchors, '-o', 'json');
  expect(JSON.parse(json.out)).toMatchObject([
    {
      address,
      serverName: books,
      isVerified: true,
      tls: { version: 'TLSv1.3' },
      certificates: [{ identity: books }, { isCa: true }],
    },
  ]);

  for (const [args, reason] of [
    [['--server-name', books], /NOT VERIFIED: no trust anchors/],
    [['--server-name', books, '--trust-anchors', foreign], /NOT VERIFIED: .*trust anchor/],
    [['--server-name', 'other.shop', '--trust-anchors', anchors], /NOT VERIFIED: the certificate is for "books/],
  ] as const) {
    expect(await ask(...args)).toMatchObject({ exitCode: 1, out: expect.stringMatching(reason) });
  }
});

test('what is no mesh proxy is told apart', async () => {
  const closing = await listen(createServer((socket) => socket.destroy()));
  const garbage = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const gone = await listen(createServer());
  const last = servers.pop();
  await new Promise((resolve) => last?.close(resolve));
  for (const address of [closing, garbage, gone]) {
    const result = await runCommand('identity', address, '--server-name', books);
    expect(result).toMatchObject({ exitCode: 1, error: '' });
    expect(result.out).toMatch(new RegExp(`^${books} {2}\\(${address}\\)\n  NOT VERIFIED: .*${address}`));
  }
});

test('the workloads of a local mesh, by its state', async () => {
  await using directory = await TemporaryDirectory.create();
  const mill = createCertificateMill();
  const workload = async (name: string) => {
    const identity = `${name}.booksapp.serviceaccount.identity.linkerd.cluster.local`;
    const [address = '', port] = (await proxyOf(mill, identity)).split(':');
    return { name, namespace: 'booksapp', serviceAccount: name, identity, address, inboundPort: Number(port) };
  };
  const trustAnchorsFile = await directory.write('anchors.pem', mill.trustAnchorsPem);
  const workloads = [await workload('authors'), await workload('books')];
  await directory.write('state.json', JSON.stringify({ workloads, trustAnchorsFile }));
  const ask = (...args: readonly string[]) => runCommand('identity', '--state-dir', directory.path, ...args);

  expect((await ask()).out.match(/ {2}verified/g)).toHaveLength(2);
  for (const name of ['books', 'booksapp/books']) {
    const { exitCode, out } = await ask(name);
    expect(exitCode).toBe(0);
    expect(out.startsWith(books)).toBe(true);
  }
  expect(await ask('nobody')).toEqual({
    exitCode: 1,
    out: '',
    error: 'there is no workload nobody in the local mesh; it has booksapp/authors, booksapp/books\n',
  });
});

test('no local mesh, a state of something else, anchors that cannot be read', async () => {
  await using directory = await TemporaryDirectory.create();
  const ask = () => runCommand('identity', '--state-dir', directory.path);
  expect((await ask()).error).toMatch(/^no local mesh in .*; start one with heddle local up/);
  await directory.write('state.json', '{"workloads":[{}]}');
  expect((await ask()).error).toMatch(/is not of this version of heddle/);
  await directory.write('state.json', '{');
  expect((await ask()).error).toMatch(/state.json cannot be read/);
  const args = ['identity', '127.0.0.1:1', '--server-name', books, '--trust-anchors'];
  expect((await runCommand(...args, directory.file('none.pem'))).error).toMatch(/none.pem cannot be read/);
  expect((await runCommand(...args, directory.file('state.json'))).error).toMatch(/state.json: no BEGIN CERTIFICATE/);
});
