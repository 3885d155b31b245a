/** What breaks stays closed, and comes back by itself. */
import { eventually } from '@heddle/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { get, LocalMesh } from './support/local-mesh.ts';

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await LocalMesh.start('booksapp');
});
afterAll(() => mesh.stop());

const authors = (from: string): Promise<number> =>
  get(mesh.wayTo(from, 'authors.booksapp'), '/authors.json').then(({ status }) => status);

const cameBack = (name: string, before: number | undefined): Promise<void> =>
  eventually(() => {
    const now = mesh.state.pids[name];
    if (now === undefined || now === before) throw new Error(`${name} is not back`);
  });

test.each(['identity', 'destination'])(
  'without %s, traffic and enforcement go on; it comes back by itself',
  async (name) => {
    const before = mesh.state.pids[name];
    mesh.kill(name);
    for (let round = 0; round < 20; round += 1) {
      expect(await authors('books')).toBe(200);
      expect(await authors('traffic')).toBe(403);
    }
    await cameBack(name, before);
    expect(await authors('books')).toBe(200);
  },
);

test('after destination came back, streams resume: an edit takes effect again', async () => {
  const original = mesh.manifest('authors-policy.yaml');
  const before = mesh.state.pids['destination'];
  mesh.kill('destination');
  await cameBack('destination', before);
  mesh.edit('authors-policy.yaml', (text) => text.replace(/^.*"webapp\..*\n/m, ''));
  await eventually(async () => expect(await authors('webapp')).toBe(403), { timeoutMs: 30_000 });
  mesh.edit('authors-policy.yaml', () => original);
  await eventually(async () => expect(await authors('webapp')).toBe(200));
});

test('without its proxy a workload is reached by nobody, until the proxy is back', async () => {
  const { address } = mesh.workload('authors');
  const before = mesh.state.pids['proxy-authors'];
  mesh.kill('proxy-authors');
  await expect(get({ host: address, port: 7001 }, '/authors.json')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
  // A call meanwhile waits for the proxy or fails; nothing leads around it.
  expect([200, 502, 503, 504]).toContain(await authors('books'));
  expect([403, 502, 503, 504]).toContain(await authors('traffic'));
  await cameBack('proxy-authors', before);
  await eventually(async () => expect(await authors('books')).toBe(200), { timeoutMs: 30_000 });
  expect(await authors('traffic')).toBe(403);
});
