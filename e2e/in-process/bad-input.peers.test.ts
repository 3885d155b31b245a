/** Peers that send garbage, half of something, or somebody else's name: refused, and nobody else notices. */
import { RawClient } from '@heddle/testkit';
import { encodeTransportHeader } from '@heddle/wire/transport-header';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostileMesh, survives } from './support/hostile-mesh.ts';
import { forgedCredentials, tlsTo } from './support/mesh-client.ts';

let mesh: HostileMesh;
beforeAll(async () => {
  mesh = await HostileMesh.start();
});
afterAll(() => mesh.stop());

const garbage = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 167 + 13) % 256));
/** A record that announces 512 bytes of ClientHello, and five of them. */
const halfHello = Buffer.from('1603010200010001fc0303', 'hex');
const header = encodeTransportHeader({ port: 7001, name: undefined, sessionProtocol: 'http1' });
const longHeader = Buffer.concat([header.subarray(0, header.indexOf('\r\n\r\n') + 4), Buffer.from('7fffffff', 'hex')]);
const request = Buffer.from('GET /authors/1 HTTP/1.1\r\nhost: authors\r\n\r\n');
const forbidden = Buffer.from('GET /admin HTTP/1.1\r\nhost: authors\r\n\r\n');

const toPort = (host: string, port: number): Promise<RawClient> => RawClient.connect(port, { host, timeoutMs: 20_000 });

/** What came back before the end of the connection. */
const answerTo = async (client: RawClient, bytes: Uint8Array): Promise<string> => {
  await using peer = client;
  // A refusal may come before the last byte is sent.
  await peer.send(bytes).catch(() => undefined);
  return (await peer.untilEnd()).toString('latin1');
};

describe('without TLS, or with half of it', () => {
  test.each<[name: string, port: 'service' | 'inbound', bytes: Buffer, answer: RegExp]>([
    ['garbage on a service port', 'service', garbage, /^$/],
    ['garbage on the inbound port', 'inbound', garbage, /^$/],
    ['plain HTTP on the inbound port', 'inbound', request, /^$/],
    ['a malformed ClientHello', 'service', Buffer.from(`1603010010020000${'00'.repeat(12)}`, 'hex'), /^$/],
    ['a TLS alert instead of a ClientHello', 'inbound', Buffer.from('15030100020228', 'hex'), /^$/],
    ['HTTP/2 with prior knowledge', 'service', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), /^$/],
  ])('%s is refused', async (_name, port, bytes, answer) => {
    await survives(mesh, 'authors', async () => {
      const client = await toPort(mesh.address('authors'), port === 'service' ? 7001 : 4143);
      client.end();
      expect(await answerTo(client, bytes)).toMatch(answer);
    });
  });
});
