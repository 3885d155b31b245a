/**
 * The example on a cluster: the manifests as a user applies them, and the verdicts that `npm run demo` shows for the
 * same policy.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from './support/kubectl.ts';
import { deployment, imageOf } from './support/manifests.ts';
import { type Answer, type Sender, type SentRequest, send } from './support/send.ts';
import { Space } from './support/space.ts';

const folder = join(import.meta.dirname, '../../examples/booksapp/k8s');
const workloads = ['authors', 'books', 'webapp', 'traffic'] as const;
const namespace = 'booksapp';
const authors = 'http://authors.booksapp:7001';
let outside: Space;

beforeAll(async () => {
  await kubectl(['apply', '-f', folder]);
  outside = await Space.open('outside');
  await outside.deploy(...deployment({ name: 'stranger', image: imageOf('booksapp'), args: ['traffic'] }));
  for (const name of workloads) {
    await kubectl(['-n', namespace, 'rollout', 'status', `deploy/${name}`, '--timeout=150s'], { timeoutMs: 160_000 });
  }
}, 240_000);

afterAll(async () => {
  await outside.close();
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

const from = (name: (typeof workloads)[number]): Sender => ({ namespace, from: `deploy/${name}`, container: name });

const statuses = async (sender: Sender, requests: readonly SentRequest[]): Promise<readonly (number | string)[]> =>
  (await send(sender, requests)).map(({ status, error }: Answer) => status ?? error ?? '');

const reads = [{ url: `${authors}/authors.json` }, { url: `${authors}/authors/1` }];

test.each(['books', 'webapp'] as const)('%s reads authors', async (name) => {
  expect(await statuses(from(name), reads)).toEqual([200, 200]);
});

test('traffic is in the mesh, but the policy does not name it', async () => {
  expect(await statuses(from('traffic'), reads)).toEqual([403, 403]);
});

test('books may do nothing but read', async () => {
  const others = [{ url: `${authors}/authors.json`, method: 'POST' }, { url: `${authors}/admin` }];
  expect(await statuses(from('books'), others)).toEqual([404, 404]);
});

test('the forbidden page has no other spelling', async () => {
  const paths = [
    '/authors/../admin',
    '/authors/%2e%2e/admin',
    '/authors/..%2fadmin',
    '/authors/..%5cadmin',
    '/authors//admin',
  ];
  const spelled = paths.map((path) => ({ url: `${authors}${path}` }));
  expect(await statuses(from('books'), spelled)).toEqual(spelled.map(() => 400));
});

test('each service answers whom its policy names', async () => {
  expect(await statuses(from('webapp'), [{ url: 'http://books.booksapp:7002/books/1' }])).toEqual([200]);
  expect(await statuses(from('traffic'), [{ url: 'http://webapp.booksapp:7000/' }])).toEqual([200]);
  expect(await statuses(from('traffic'), [{ url: 'http://books.booksapp:7002/books/1' }])).toEqual([403]);
});

test('a pod without the mesh gets nothing, by Service or by address', async () => {
  const ip = (
    await kubectl(['-n', namespace, 'get', 'pods', '-l', 'app=authors', '-o', 'jsonpath={.items[0].status.podIP}'])
  ).trim();
  const stranger = { namespace: outside.namespace, from: 'deploy/stranger', container: 'app' };
  const requests = [...reads, { url: `http://${ip}:7001/authors.json` }];
  expect(await statuses(stranger, requests)).toEqual([403, 403, 403]);
});
