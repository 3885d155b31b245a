/** Endpoints that come, go, refuse and lie, and what the application sees of it. */

import { identityOf } from '@heddle/policy/testing';
import { createCertificateMill, eventually, freePort } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FakeServer } from '../testing/fake-server.ts';
import type { OutboundUnderTest } from '../testing/outbound-under-test.ts';
import { endpoint, meshed } from '../testing/policies.ts';
import { behindProxy, inClear, Scene, serverIdentity, soonFailfast } from '../testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

/** A meshed server that answers with its name; its endpoint address is its own port, told apart from others'. */
const named = async (name: string, port?: number): Promise<FakeServer> =>
  scene.meshServer({ ...(port && { port }), onRequest: (_request, response) => void response.end(`<${name}>`) });

const at = (server: { readonly port: number }) => meshed(`127.0.0.1:${server.port}`, serverIdentity, server.port);

const nameIn = (answer: string): string => /<(\w+)>/.exec(answer)?.[1] ?? answer.slice(0, answer.indexOf('\r\n'));

const ask = async (outbound: OutboundUnderTest, times: number): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (let round = 0; round < times; round += 1) {
    const name = nameIn(await scene.get(outbound));
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

describe('many endpoints', () => {
  test('share the requests, over one connection each', async () => {
    const servers = [await named('a'), await named('b'), await named('c')];
    scene.setEndpoints(...servers.map(at));
    const counts = await ask(await scene.outbound(), 120);
    expect(Object.keys(counts).toSorted()).toEqual(['a', 'b', 'c']);
    for (const { accepted } of servers) expect(accepted).toBe(1);
  });

  test('come and go while requests are made', async () => {
    const [a, b] = [await named('a'), await named('b')];
    scene.setEndpoints(at(a));
    const outbound = await scene.outbound();
    expect(await ask(outbound, 5)).toEqual({ a: 5 });
    scene.plane.endpoints.of('authors.shop.svc.cluster.local:80').set({
      kind: 'add',
      labels: {},
      endpoints: [at(b)],
    });
    await eventually(async () => expect(Object.keys(await ask(outbound, 20)).toSorted()).toEqual(['a', 'b']));
    const { address } = at(a);
    scene.plane.endpoints.of('authors.shop.svc.cluster.local:80').set({ kind: 'remove', addresses: [address] });
    await eventually(async () => expect(await ask(outbound, 10)).toEqual({ b: 10 }));
    await eventually(() => expect(a.open).toBe(0));
  });

  test('one that is removed finishes what it has begun', async () => {
    const done = Promise.withResolvers<void>();
    const slow = await scene.meshServer({
      onRequest: (_request, response) => {
        response.write('<begun>');
        void done.promise.then(() => response.end('<ended>'));
      },
    });
    scene.setEndpoints(at(slow));
    const client = await scene.client(await scene.outbound());
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.untilText('<begun>');
    const { address } = at(slow);
    scene.plane.endpoints.of('authors.shop.svc.cluster.local:80').set({ kind: 'remove', addresses: [address] });
    done.resolve();
    await client.untilText('<ended>');
    await eventually(() => expect(slow.open).toBe(0));
  });

  test('one that is down costs no request', async () => {
    const up = await named('up');
    const down = { port: await freePort() };
    scene.setEndpoints(at(up), at(down));
    const outbound = await scene.outbound();
    expect(await ask(outbound, 40)).toEqual({ up: 40 });
  });

  test('one whose process ends costs no later request', async () => {
    const [stays, goes] = [await named('stays'), await named('goes')];
    scene.setEndpoints(at(stays), at(goes));
    const outbound = await scene.outbound();
    await ask(outbound, 20);
    await goes.close();
    expect(await ask(outbound, 20)).toEqual({ stays: 20 });
  });
});

describe('no endpoint', () => {
  test('requests wait for the first one', async () => {
    const outbound = await scene.outbound();
    const answer = scene.get(outbound);
    scene.setEndpoints(at(await named('late')));
    expect(nameIn(await answer)).toBe('late');
  });

  test('waiting ends with 504, then there is no waiting, and an endpoint that comes up ends that', async () => {
    const port = await freePort();
    scene.setEndpoints(at({ port }));
    const outbound = await scene.outbound(soonFailfast);
    const first = await scene.get(outbound);
    expect(first).toMatch(/^HTTP\/1\.1 504 /);
    expect(first).toMatch(/l5d-proxy-error: service in fail-fast: authors\.shop.*ECONNREFUSED/);
    expect(first).toMatch(/^connection: close$/im);
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 503 /);
    await named('back', port);
    await eventually(async () => expect(nameIn(await scene.get(outbound))).toBe('back'));
    expect(await outbound.metrics()).toMatch(/outbound_http_errors_total\{error="failfast"\} 1/);
  });

  test('a service without endpoints is the same', async () => {
    scene.setEndpoints();
    const outbound = await scene.outbound(soonFailfast);
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 504 [^]*it has no endpoints/);
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('the line is bounded', async () => {
    scene.setEndpoints();
    const outbound = await scene.outbound({ config: { queueCapacity: 2, failfastMs: 300 } });
    const answers = await Promise.all([1, 2, 3, 4].map(() => scene.get(outbound)));
    expect(answers.map((answer) => answer.slice(9, 12)).toSorted()).toEqual(['503', '503', '504', '504']);
  });

  test('a client that goes away while it waits leaves nothing behind', async () => {
    const outbound = await scene.outbound();
    const client = await scene.client(outbound);
    await client.send('GET /gone HTTP/1.1\r\nhost: a\r\n\r\n');
    client.socket.resetAndDestroy();
    const urls: string[] = [];
    const server = await scene.meshServer({
      onRequest: ({ url }, response) => {
        urls.push(url ?? '');
        response.end('ok');
      },
    });
    await eventually(async () =>
      expect(await outbound.metrics()).toMatch(/tcp_open_connections\{[^}]*peer="src".*\} 0/),
    );
    scene.setEndpoints(at(server));
    await scene.get(outbound, '/here');
    expect(urls).toEqual(['/here']);
  });
});

describe('who the server is', () => {
  test('another identity than the control plane says: not a byte of the request goes there', async () => {
    let requests = 0;
    const liar = await scene.meshServer(
      {
        onRequest: (_request, response) => {
          requests += 1;
          response.end();
        },
      },
      identityOf('mallory'),
    );
    scene.setEndpoints(behindProxy(liar));
    const outbound = await scene.outbound(soonFailfast);
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 504 [^]*the server is mallory\.shop/);
    expect({ requests, headers: liar.headers }).toEqual({ requests: 0, headers: [] });
  });

  test('a certificate under another trust anchor', async () => {
    const foreign = createCertificateMill();
    const server = await scene.server({ mesh: { mill: foreign, identity: serverIdentity } });
    scene.setEndpoints(behindProxy(server));
    expect(await scene.get(await scene.outbound(soonFailfast))).toMatch(/^HTTP\/1\.1 504 /);
    expect(server.headers).toEqual([]);
  });

  test('a meshed endpoint that answers in clear is not spoken to in clear', async () => {
    let bytes = '';
    const server = await scene.server({
      onBytes: (socket) =>
        void socket.on('data', (chunk: Buffer) => {
          bytes += chunk.toString('latin1');
        }),
      onRequest: (_request, response) => void response.end(),
    });
    scene.setEndpoints(meshed(`127.0.0.1:${server.port}`, serverIdentity, undefined));
    const outbound = await scene.outbound({ config: { connectTimeoutMs: 200, failfastMs: 300 } });
    const client = await scene.client(outbound);
    await client.send('GET /secret HTTP/1.1\r\nhost: a\r\n\r\n');
    expect((await client.untilText('504')).toString()).toMatch(/^HTTP\/1\.1 504/);
    expect(bytes).not.toContain('secret');
  });

  test('a good server beside a liar gets all', async () => {
    const liar = await scene.meshServer({}, identityOf('mallory'));
    const good = await named('good');
    scene.setEndpoints(at(liar), at(good));
    expect(await ask(await scene.outbound(), 20)).toEqual({ good: 20 });
  });

  test('l5d-require-id: only that server, whatever discovery says', async () => {
    scene.setEndpoints(at(await named('a')));
    const outbound = await scene.outbound();
    expect(await scene.get(outbound, '/', [`l5d-require-id: ${serverIdentity}`])).toContain('<a>');
    const refused = await scene.get(outbound, '/', ['l5d-require-id: somebody.else']);
    expect(refused).toMatch(/^HTTP\/1\.1 502 [^]*required somebody\.else, the server is authors\.shop/);
    expect(await scene.get(outbound)).toContain('<a>');
  });
});

describe('mesh-required', () => {
  const config = { meshRequired: true };

  test('an endpoint without identity is refused at once', async () => {
    const server = await scene.server({ onRequest: (_request, response) => void response.end('<plain>') });
    scene.setEndpoints(inClear(server));
    const outbound = await scene.outbound({ config });
    const answer = await scene.get(outbound);
    expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*l5d-proxy-error: mesh-required: authors\.shop/);
    expect(server.accepted).toBe(0);
    expect(await outbound.metrics()).toMatch(/outbound_http_errors_total\{error="identity required"\} 1/);
  });

  test('and passed over where there is another', async () => {
    const plain = await scene.server({ onRequest: (_request, response) => void response.end('<plain>') });
    scene.setEndpoints(inClear(plain), at(await named('meshed')));
    expect(await ask(await scene.outbound({ config }), 10)).toEqual({ meshed: 10 });
  });

  test('for raw bytes too', async () => {
    scene.plane.profiles.of('10.96.0.12:80').set({ isOpaque: true });
    const server = await scene.server({ onBytes: (socket) => socket.end('hello') });
    scene.setEndpoints(endpoint(`127.0.0.1:${server.port}`));
    const client = await scene.client(await scene.outbound({ config }));
    expect((await client.untilEnd()).length).toBe(0);
    expect(server.accepted).toBe(0);
  });
});
