/** gRPC through the mesh: calls spread over pods though the client has one connection, streams flow, policy holds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allow, deployment, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import type { Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let host: string;

beforeAll(async () => {
  space = await Space.open('grpc', meshed);
  await space.deploy(
    ...deployment({ name: 'echo', replicas: 2 }),
    service('echo'),
    server('echo', { port: 'grpc', proxyProtocol: 'gRPC' }),
    ...allow('echo', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  host = `echo.${space.namespace}`;
});

afterAll(() => space.close());

test('every call is answered, by both pods', async () => {
  const pods = new Set<unknown>();
  const round = async (): Promise<number> => {
    const answers = await report(client, ['grpc', host, '9090', 'Say', '40']);
    expect(answers).toHaveLength(40);
    for (const answer of answers) {
      expect(answer).toMatchObject({ kind: 'answer', httpStatus: 200, status: '0', isEcho: true });
      pods.add(answer['pod']);
    }
    return pods.size;
  };
  // The first calls go to whichever pod is connected first.
  await expect.poll(round, { timeout: 30_000 }).toBe(2);
});

test('messages of a stream arrive as they are sent', async () => {
  expect(await report(client, ['grpc', host, '9090', 'Tick', '2'])).toMatchObject([{ messages: 10 }, { messages: 10 }]);
});

test('an unknown method is the application to say so', async () => {
  expect(await report(client, ['grpc', host, '9090', 'Nothing', '1'])).toMatchObject([{ status: '12' }]);
});

test('who is not allowed is told in the words of gRPC', async () => {
  const answers = await report({ ...client, from: 'deploy/other' }, ['grpc', host, '9090', 'Say', '2']);
  // 7: PERMISSION_DENIED
  expect(answers).toMatchObject([
    { kind: 'answer', status: '7' },
    { kind: 'answer', status: '7' },
  ]);
});
