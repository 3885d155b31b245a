import { FakeApiServer, FakeClock } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { apiOf } from '../testing/watched-widgets.ts';
import { EventRecorder, events } from './event-recorder.ts';
import type { EventReport } from './event-report.ts';

const issued: EventReport = {
  regarding: { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name: 'web' },
  type: 'Normal',
  reason: 'IssuedLeafCertificate',
  action: 'Certify',
  note: 'issued a certificate',
};

let server: FakeApiServer;
let api: KubernetesApi;
let clock: FakeClock;
let recorder: EventRecorder;
let errors: number[];

beforeEach(async () => {
  server = await FakeApiServer.start({ kinds: [events] });
  api = apiOf(server);
  clock = new FakeClock();
  errors = [];
  recorder = new EventRecorder({
    api,
    controller: 'linkerd.io/identity',
    instance: 'linkerd-identity-0',
    clock,
    onError: ({ status }) => errors.push(status),
  });
});
afterEach(async () => {
  api.close();
  await server[Symbol.asyncDispose]();
});

const tell = async (...notes: readonly string[]): Promise<void> => {
  for (const note of notes) recorder.record({ ...issued, note });
  await recorder.close();
};
const writes = (): readonly string[] => server.requests.map(({ method }) => method);

test('events are written where their object lives, and failures are only told', async () => {
  await tell('issued a certificate');
  expect(server.list(events)).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({ namespace: 'shop', name: expect.stringMatching(/^web-/) }),
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'linkerd.io/identity',
      regarding: issued.regarding,
      reason: 'IssuedLeafCertificate',
    }),
  ]);

  server.fail({ on: 'write', answer: { status: 403 } });
  recorder.record({ ...issued, regarding: { ...issued.regarding, namespace: '' } });
  await recorder.close();
  expect(errors).toEqual([403]);
  expect(server.requests.at(-1)?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
});

test('too many are dropped', async () => {
  const notes = Array.from({ length: 70 }, (_, index) => `note ${index}`);
  await tell(...notes.slice(0, 20));
  expect(recorder.dropped).toBe(4);
  for (const note of notes.slice(20)) await tell(note);
  expect(recorder.dropped).toBe(4 + 16);
  clock.advance(1_000);
  await tell('later');
  expect(recorder.dropped).toBe(20);
});

test('what is said again is counted in the event that said it first, and written now and then', async () => {
  await tell('one', 'one', 'one', 'two');
  expect(server.list(events)).toHaveLength(2);
  expect(writes()).toEqual(['POST', 'POST']);
  for (let second = 0; second < 60; second++) {
    clock.advance(1_000);
    await tell('one');
  }
  expect(writes()).toEqual(['POST', 'POST', 'PATCH']);
  expect(server.list(events)[0]).toMatchObject({
    note: 'one',
    series: { count: 63, lastObservedTime: '2026-01-01T00:01:00.000000Z' },
  });
  clock.advance(10 * 60_000);
  await tell('one');
  expect(server.list(events)).toHaveLength(3);
});

test('an event that was not written, or is gone, begins anew', async () => {
  server.fail({ on: 'write', answer: { status: 500 } });
  await tell('one');
  await tell('one');
  expect(server.list(events)).toHaveLength(1);
  server.delete(events, 'shop', server.list(events)[0]!.metadata.name);
  clock.advance(60_000);
  await tell('one');
  await tell('one');
  expect(writes()).toEqual(['POST', 'POST', 'PATCH', 'POST']);
  expect(server.list(events)).toHaveLength(1);
  expect(errors).toEqual([500]);
});
