/** What travels between two proxies is read by nobody in between: a relay records every byte and finds none of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { get, LocalMesh } from './support/local-mesh.ts';

/** Not an address of the mesh: the relay stands on the way, as a router would. */
const relayAddress = '127.250.7.9';

/** A Service whose endpoint is the authors pod, but reached through the relay. */
const relayed = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'relayed', namespace: 'booksapp' },
    spec: { ports: [{ name: 'http', port: 7001 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'relayed', namespace: 'booksapp', labels: { 'kubernetes.io/service-name': 'relayed' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 7001 }],
    endpoints: [{ addresses: [relayAddress], targetRef: { kind: 'Pod', namespace: 'booksapp', name: 'authors-0' } }],
  },
];

let mesh: LocalMesh;
let relay: Server;
const recorded: Buffer[] = [];

beforeAll(async () => {
  mesh = await LocalMesh.start('booksapp', (dir) => {
    writeFileSync(join(dir, 'k8s/relayed.yaml'), relayed.map((object) => JSON.stringify(object)).join('\n---\n'));
    const file = join(dir, 'heddle.local.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('services:\n', 'services:\n        RELAYED_URL: http://relayed:7001\n'),
    );
  });
  const { address, inboundPort } = mesh.workload('authors');
  relay = createServer((client) => {
    const server = connect({ host: address, port: inboundPort });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        recorded.push(Buffer.from(chunk));
        to.write(chunk);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => relay.listen(inboundPort, relayAddress, resolve));
});
afterAll(async () => {
  await mesh.stop();
  await new Promise((resolve) => relay.close(resolve));
});

test('nothing of a request or its answer is readable between the proxies', async () => {
  const secret = 'the-crown-jewels-are-in-the-attic';
  const answer = await get(mesh.wayTo('books', 'relayed.booksapp'), `/authors.json?note=${secret}`, {
    headers: { 'x-note': secret },
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('Ursula');
  const wire = Buffer.concat(recorded);
  // It did go this way, as TLS handshake records, and it was not a few bytes.
  expect(wire.length).toBeGreaterThan(2_000);
  expect(wire[0]).toBe(0x16);
  for (const text of [secret, 'Ursula', 'authors.json', 'GET', 'HTTP/1.1', 'PRI * HTTP/2.0', 'x-note', 'l5d-']) {
    expect(wire.includes(text), text).toBe(false);
  }
});
