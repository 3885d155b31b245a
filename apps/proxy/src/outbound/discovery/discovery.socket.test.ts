/** What the control plane knows, does not know, takes back, or cannot be asked. */
import { identityOf } from '@heddle/policy/testing';
import { eventually, FakeClock } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { balancer, httpRoute, meshed, servicePolicy, serviceRef } from '../testing/policies.ts';
import { behindProxy, path, Scene, serverIdentity, target } from '../testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

const named = (name: string) => scene.meshServer({ onRequest: (_request, response) => void response.end(`<${name}>`) });

describe('the control plane is away', () => {
  test('what is in use goes on, and news arrive when it is back', async () => {
    const [a, b] = [await named('a'), await named('b')];
    scene.setEndpoints(behindProxy(a));
    const outbound = await scene.outbound();
    // An open connection keeps its destination in use.
    const client = await scene.client(outbound);
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.untilText('<a>');
    await scene.plane.stop();
    for (let round = 0; round < 5; round += 1) expect(await scene.get(outbound)).toContain('<a>');
    scene.setEndpoints(behindProxy(b));
    await scene.plane.start();
    await eventually(async () => expect(await scene.get(outbound)).toContain('<b>'));
    expect(await scene.get(outbound)).toContain('<b>');
  });

  test('nor is what nobody uses for a while forgotten, since it could not be learnt again', async () => {
    const clock = new FakeClock(Date.now());
    const server = await named('a');
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound({ deps: { clock } });
    expect(await scene.get(outbound)).toContain('<a>');
    await scene.plane.stop();
    // The policy's stream waits to be opened again.
    await eventually(() => expect(clock.nextTimerMs).toBeLessThan(150));
    for (let round = 0; round < 5; round += 1) clock.advance(10_000);
    expect(await scene.get(outbound)).toContain('<a>');
  });

  test('a new destination waits, then its client is told', async () => {
    const outbound = await scene.outbound({ deps: { discoveryTimeoutMs: 400 } });
    await scene.plane.stop();
    expect(await scene.get(outbound)).toMatch(
      /^HTTP\/1\.1 504 [^]*nothing is known about 10\.96\.0\.12:80: the control plane does not answer/,
    );
    const client = await scene.client(outbound);
    await client.send('EHLO\r\n');
    expect((await client.untilEnd()).length).toBe(0);
    scene.setEndpoints(behindProxy(await named('a')));
    await scene.plane.start();
    await eventually(async () => expect(await scene.get(outbound)).toContain('<a>'));
  });

  test('a destination that waited is served when the answer comes in time', async () => {
    scene.setEndpoints(behindProxy(await named('a')));
    await scene.plane.stop();
    const outbound = await scene.outbound();
    const answer = scene.get(outbound);
    await scene.plane.start();
    expect(await answer).toContain('<a>');
  });
});

describe('a target without a policy', () => {
  test('the profile knows the one endpoint: it is meshed', async () => {
    const pod = '10.1.0.9:8080';
    const server = await named('pod');
    scene.plane.refusedTargets.set(pod, 'not-found');
    const known = meshed('127.0.0.1:8080', serverIdentity, server.port);
    scene.plane.profiles.of(pod).set({ isOpaque: false, endpoint: known });
    const outbound = await scene.outbound({ targets: [pod] });
    const answer = await scene.exchange(outbound, ['GET / HTTP/1.1', 'host: a'], pod);
    expect(answer).toContain('<pod>');
    expect(server.headers).toHaveLength(1);
  });

  test('nobody knows it: the original destination, in clear', async () => {
    const server = await scene.server({ onRequest: (_request, response) => void response.end('<outside>') });
    const outside = `127.0.0.1:${server.port}`;
    scene.plane.refusedTargets.set(outside, 'not-found');
    scene.plane.profiles.of(outside).set({ isOpaque: false });
    const outbound = await scene.outbound({ targets: [outside] });
    expect(await scene.exchange(outbound, ['GET / HTTP/1.1', 'host: a'], outside)).toContain('<outside>');
  });

  test('not even that where the mesh is required', async () => {
    const server = await scene.server({ onRequest: (_request, response) => void response.end('<outside>') });
    const outside = `127.0.0.1:${server.port}`;
    scene.plane.refusedTargets.set(outside, 'not-found');
    scene.plane.profiles.of(outside).set({ isOpaque: false });
    const outbound = await scene.outbound({ targets: [outside], config: { meshRequired: true } });
    expect(await scene.exchange(outbound, ['GET / HTTP/1.1', 'host: a'], outside)).toMatch(/^HTTP\/1\.1 502 /);
  });

  test.each(['invalid-argument', 'failed-precondition'] as const)('%s: refused', async (code) => {
    scene.plane.refusedTargets.set(target, code);
    const outbound = await scene.outbound();
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 500 [^]*no outbound policy: as told/);
    const client = await scene.client(outbound);
    await client.send('EHLO\r\n');
    expect((await client.untilEnd()).length).toBe(0);
  });

  test('any other error is no answer', async () => {
    scene.plane.refusedTargets.set(target, 'unavailable');
    const outbound = await scene.outbound({ deps: { discoveryTimeoutMs: 400 } });
    expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 504 /);
  });
});

describe('routes', () => {
  const withRoutes = (...routes: ReturnType<typeof httpRoute>[]) =>
    scene.setPolicy({ ref: serviceRef, protocol: { kind: 'http1', routes } });
  const rule = httpRoute(balancer(path)).rules[0];
  if (rule === undefined) throw new Error('a route has a rule');

  test('an injected failure has its status and its text', async () => {
    withRoutes(
      httpRoute(balancer(path), {
        rules: [{ ...rule, filters: [{ kind: 'failure', status: 418, message: 'no such backend' }] }],
      }),
    );
    expect(await scene.get(await scene.outbound())).toMatch(/^HTTP\/1\.1 418 [^]*l5d-proxy-error: no such backend/);
  });

  test('a redirect, and changed headers', async () => {
    const server = await scene.meshServer({
      onRequest: ({ headers }, response) => void response.end(JSON.stringify(headers)),
    });
    scene.setEndpoints(behindProxy(server));
    const at = (value: string) => [{ path: { kind: 'prefix', value } as const, headers: [], queryParams: [] }];
    withRoutes(
      httpRoute(balancer(path), {
        rules: [
          { ...rule, matches: at('/old'), filters: [{ kind: 'redirect', path: { kind: 'prefix', value: '/new' } }] },
          {
            ...rule,
            filters: [
              {
                kind: 'requestHeaders',
                add: [{ name: 'X-Add', value: '1' }],
                set: [{ name: 'x-set', value: '2' }],
                remove: ['x-gone'],
              },
            ],
          },
        ],
      }),
    );
    const outbound = await scene.outbound();
    expect(await scene.get(outbound, '/old/a')).toMatch(/^HTTP\/1\.1 301 [^]*location: http:\/\/authors\/new\/a\r\n/);
    const answer = await scene.get(outbound, '/', ['x-set: 0', 'x-gone: 0']);
    expect(answer).toContain('"x-add":"1"');
    expect(answer).toContain('"x-set":"2"');
    expect(answer).not.toContain('x-gone');
  });

  test('a filter of a kind that is not known refuses its requests', async () => {
    withRoutes(httpRoute(balancer(path), { rules: [{ ...rule, filters: [{ kind: 'unknown' }] }] }));
    expect(await scene.get(await scene.outbound())).toMatch(/^HTTP\/1\.1 500 /);
  });

  test('hosts; and no route', async () => {
    scene.setEndpoints(behindProxy(await named('a')));
    withRoutes(httpRoute(balancer(path), { hosts: [{ kind: 'exact', host: 'authors' }] }));
    const outbound = await scene.outbound();
    expect(await scene.get(outbound)).toContain('<a>');
    expect(await scene.exchange(outbound, ['GET / HTTP/1.1', 'host: books'])).toMatch(/^HTTP\/1\.1 404 /);
    withRoutes();
    await eventually(async () => expect(await scene.get(outbound)).toMatch(/^HTTP\/1\.1 404 /));
  });

  test('weights; and a backend that is down is not chosen again', async () => {
    const other = 'books.shop.svc.cluster.local:80';
    scene.setEndpoints(behindProxy(await named('a')));
    const b = await scene.meshServer(
      { onRequest: (_request, response) => void response.end('<b>') },
      identityOf('books'),
    );
    scene.plane.endpoints.of(other).set({
      kind: 'add',
      labels: {},
      endpoints: [meshed('127.0.0.1:8081', identityOf('books'), b.port)],
    });
    const backends = [
      { backend: balancer(path), weight: 1 },
      { backend: balancer(other), weight: 3 },
      { backend: balancer('unused.shop.svc.cluster.local:80'), weight: 0 },
    ];
    withRoutes(
      httpRoute(balancer(path), { rules: [{ ...rule, distribution: { kind: 'randomAvailable', backends } }] }),
    );
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const outbound = await scene.outbound({ deps: { random } });
    let toB = 0;
    for (let round = 0; round < 80; round += 1) toB += Number((await scene.get(outbound)).includes('<b>'));
    expect(toB).toBeGreaterThan(45);
    expect(toB).toBeLessThan(75);
    await b.close();
    await eventually(async () => {
      for (let round = 0; round < 5; round += 1) expect(await scene.get(outbound)).toContain('<a>');
    });
  });

  test('a change of policy is in force for the next request of an open connection', async () => {
    scene.setEndpoints(behindProxy(await named('a')));
    const outbound = await scene.outbound();
    const client = await scene.client(outbound);
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.untilText('<a>');
    const failure = { kind: 'failure', status: 403, message: 'egress denied' } as const;
    withRoutes(httpRoute(balancer(path), { rules: [{ ...rule, filters: [failure] }] }));
    await eventually(async () => expect(await scene.get(outbound)).toContain('egress denied'));
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.untilText('egress denied');
  });
});

test.each(['failed-precondition', 'not-found'] as const)(
  'a final answer (%s) is not believed for ever',
  async (code) => {
    const clock = new FakeClock(Date.now());
    scene.setEndpoints(behindProxy(await named('a')));
    scene.plane.refusedTargets.set(target, code);
    const outbound = await scene.outbound({ deps: { clock } });
    // An open connection keeps the destination in use.
    const client = await scene.client(outbound);
    await client.send('GET / HTTP/1.1\r\nhost');
    await eventually(async () => expect(await outbound.metrics()).toContain('outbound_tcp_protocol_connections_total'));
    scene.plane.refusedTargets.clear();
    clock.advance(10_000);
    expect(await scene.get(outbound)).toContain('<a>');
  },
);

test('an idle destination is forgotten, with its connections', async () => {
  const server = await named('a');
  scene.setEndpoints(behindProxy(server));
  const outbound = await scene.outbound({ config: { discoveryIdleMs: 30 } });
  await scene.get(outbound);
  await eventually(() => expect(server.open).toBe(0));
  expect(await scene.get(outbound)).toContain('<a>');
  expect(server.accepted).toBe(2);
});

test('a connection to ourselves is refused, not followed', async () => {
  const loop = { ip: '10.96.0.12', port: 80 };
  const client = await scene.client(await scene.outbound({ deps: { ownAddresses: [loop] } }));
  expect((await client.untilEnd()).length).toBe(0);
});

test('a policy for raw bytes only refuses HTTP that was open before', async () => {
  scene.setEndpoints(behindProxy(await named('a')));
  const outbound = await scene.outbound();
  const client = await scene.client(outbound);
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await client.untilText('<a>');
  scene.setPolicy(servicePolicy(path, 'opaque'));
  await eventually(async () => {
    if (!client.isEnded) await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(client.received.toString('latin1')).toContain('HTTP/1.1 500');
  });
});
