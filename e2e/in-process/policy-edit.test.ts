/** Editing a policy while the mesh runs: in force at once, on open streams too; a mistake changes nothing. */
import { request } from 'node:http';
import { eventually } from '@heddle/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { get, LocalMesh } from './support/local-mesh.ts';

const withoutWebapp = (text: string): string => text.replace(/^.*"webapp\..*\n/m, '');
const statusOf = async (mesh: LocalMesh, from: string): Promise<number> =>
  (await get(mesh.wayTo(from, 'authors.booksapp'), '/authors.json')).status;

let mesh: LocalMesh;
let original: string;
beforeAll(async () => {
  mesh = await LocalMesh.start('booksapp');
  original = mesh.manifest('authors-policy.yaml');
});
beforeEach(async () => {
  mesh.edit('authors-policy.yaml', () => original);
  await eventually(async () => expect(await statusOf(mesh, 'webapp')).toBe(200));
});
afterAll(() => mesh.stop());

test('a grant that is removed is gone without a restart, and back when it is written again', async () => {
  const { pids } = mesh.state;
  expect(await statusOf(mesh, 'webapp')).toBe(200);
  mesh.edit('authors-policy.yaml', withoutWebapp);
  await eventually(async () => expect(await statusOf(mesh, 'webapp')).toBe(403));
  expect(await statusOf(mesh, 'books')).toBe(200);
  await mesh.outputHas('policy of authors:7001 in force');
  mesh.edit('authors-policy.yaml', () => original);
  await eventually(async () => expect(await statusOf(mesh, 'webapp')).toBe(200));
  expect(mesh.state.pids).toEqual(pids);
});

test('a mistake is reported with its line, and the last good policy stays', async () => {
  mesh.edit('authors-policy.yaml', (text) => withoutWebapp(text).replace('method: GET', 'method: FETCH'));
  await mesh.outputHas('"FETCH" is not an HTTP method');
  expect(mesh.output).toMatch(/authors-policy\.yaml:\d+.*"FETCH"/);
  expect(await statusOf(mesh, 'webapp')).toBe(200);
  expect(await statusOf(mesh, 'traffic')).toBe(403);
});

test('a kept-alive client connection is decided again on its next request', async () => {
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ ...mesh.wayTo('webapp', 'authors.booksapp'), path: '/authors.json', agent }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      })
        .once('error', reject)
        .end();
    });
  expect(await ask()).toBe(200);
  mesh.edit('authors-policy.yaml', withoutWebapp);
  await eventually(async () => expect(await ask()).toBe(403));
  mesh.edit('authors-policy.yaml', () => original);
  await eventually(async () => expect(await ask()).toBe(200));
  agent.destroy();
});
