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
