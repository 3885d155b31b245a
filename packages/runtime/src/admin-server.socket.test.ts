import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type AdminOptions, AdminServer } from './admin-server.ts';

const open: AdminServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const start = async (options: Partial<AdminOptions> = {}): Promise<string> => {
  const server = new AdminServer({ host: '127.0.0.1', port: 0, notReady: () => [], handlers: [], ...options });
  open.push(server);
  const { port } = await server.listen();
  return `http://127.0.0.1:${port}`;
};

const metrics = {
  path: '/metrics',
  methods: ['GET'],
  access: 'scrape',
  handle: (_request, response) => void response.end('up 1\n'),
} satisfies AdminOptions['handlers'][number];

test('readiness says what it waits for', async () => {
  const missing = ['the first certificate'];
  const base = await start({ notReady: () => missing });
  expect((await fetch(`${base}/live`)).status).toBe(200);
  const before = await fetch(`${base}/ready`);
  expect([before.status, await before.text()]).toEqual([503, 'waiting for the first certificate\n']);
  missing.pop();
  expect((await fetch(`${base}/ready`)).status).toBe(200);
});

test.each([
  ['GET', '/metrics', 200],
  ['GET', '/metrics?x=1', 200],
  ['POST', '/metrics', 405],
  ['GET', '/nothing', 404],
  ['GET', '/fails', 500],
])('%s %s -> %d', async (method, path, status) => {
  const fails = {
    ...metrics,
    path: '/fails',
    handle: () => {
      throw new Error('broken');
    },
  };
  const base = await start({ handlers: [metrics, fails] });
  expect((await fetch(base + path, { method })).status).toBe(status);
});

test.each([
  ['127.0.0.1', 200],
  ['127.9.0.4:4191', 200],
  ['[::1]:4191', 200],
  ['localhost:4191', 200],
  ['books.localhost', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example:4191', 403],
  ['localhost.evil.example', 403],
  ['[evil]', 403],
])(
  'a request on loopback for the host %s gets %d: a name of somebody else comes from a browser',
  async (host, status) => {
    const stop = { ...metrics, path: '/shutdown', methods: ['POST'], access: 'loopback' } as const;
    const base = new URL(await start({ handlers: [stop, metrics] }));
    const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port: base.port, method, path, headers: { host, ...headers } });
        sent.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
        sent.end();
      });
    expect(await ask('POST', '/shutdown')).toBe(status);
    expect(await ask('GET', '/live')).toBe(200);
    // A page of the web that posts blindly says where it is from.
    expect(await ask('POST', '/shutdown', { origin: 'http://evil.example' })).toBe(403);
    expect(await ask('POST', '/shutdown', { 'sec-fetch-site': 'cross-site' })).toBe(403);
  },
);

test('a handler reads the body of its request', async () => {
  const echo = {
    path: '/echo',
    methods: ['PUT'],
    access: 'loopback',
    handle: async (request, response) => {
      await new Promise((resolve) => setImmediate(resolve));
      response.end(Buffer.concat(await request.toArray()));
    },
  } satisfies AdminOptions['handlers'][number];
  const base = await start({ handlers: [echo] });
  expect(await (await fetch(`${base}/echo`, { method: 'PUT', body: 'a body' })).text()).toBe('a body');
});

test('a port in use is an error of listen that says what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(start({ port })).rejects.toThrow(
    `admin: cannot listen on 127.0.0.1:${port}: another process already listens there`,
  );
  await new Promise((resolve) => other.close(resolve));
});
