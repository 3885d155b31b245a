/** A policy that changes holds at once: for requests, and for answers that are still coming. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Load } from './support/load.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { Running } from './support/running.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let other: Sender;
let url: string;

beforeAll(async () => {
  space = await Space.open('policy', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client', 'other']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  other = { ...client, from: 'deploy/other' };
  url = `http://web.${space.namespace}:8080`;
});

afterAll(() => space.close());

test('who loses permission loses what is open too; who keeps it notices nothing; and it comes back as it went', async () => {
  const load = await Load.start(other, `${url}/`);
  const stream = Running.start(client, ['ticks', `${url}/ticks`]);
  await stream.waitFor('ticks', ({ kind }) => kind === 'ticking');
  expect(stream.reports[0]).toMatchObject({ kind: 'started', status: 200 });

  const changedAt = performance.now();
  await space.apply(...allow('web', ['other']));
  const { how } = await stream.waitFor('the end of the answer', ({ kind }) => kind === 'ended', 20_000);
  const tookMs = performance.now() - changedAt;
  expect(how).not.toBe('whole');
  expect(await get(client, `${url}/`)).toBe(403);
  await load.answers(50);

  await space.apply(...allow('web', ['client', 'other']));
  const again = Running.start(client, ['ticks', `${url}/ticks`]);
  // The change may take a moment to arrive; the first answer says.
  const { status } = await again.waitFor('an answer', ({ kind }) => kind === 'started');
  await again.finish();
  expect([200, 403]).toContain(status);
  await expect.poll(() => get(client, `${url}/`), { timeout: 10_000 }).toBe(200);

  const { statuses, errors, failures } = await load.finish();
  expect(errors, failures.join('\n')).toEqual({});
  expect(Object.keys(statuses), failures.join('\n')).toEqual(['200']);
  expect(tookMs).toBeLessThan(10_000);
});
