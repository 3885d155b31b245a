/** WebSocket through the mesh: upgraded end to end for whom the policy lets in, refused before it for others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allow, deployment, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import type { Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let host: string;

beforeAll(async () => {
  space = await Space.open('websocket', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  host = `web.${space.namespace}`;
});

afterAll(() => space.close());

test('messages come back', async () => {
  expect(await report(client, ['websocket', host, '8080', '50'])).toEqual([{ kind: 'echoed', count: 50 }]);
});

test('the upgrade of another client is refused', async () => {
  const other = { ...client, from: 'deploy/other' };
  expect(await report(other, ['websocket', host, '8080', '1'])).toEqual([{ kind: 'refused', status: 403 }]);
});
