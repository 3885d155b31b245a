import { FakeApiServer, FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { apiOf } from '../testing/watched-widgets.ts';
import { EventRecorder, type EventReport, events } from './event-recorder.ts';

const issued: EventReport = {
  regarding: { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name: 'web' },
  type: 'Normal',
  reason: 'IssuedLeafCertificate',
  action: 'Certify',
  note: 'issued a certificate',
};

test('events are written where their object lives, bounded in number, and failures are only told', async () => {
  await using server = await FakeApiServer.start({ kinds: [events] });
  const api = apiOf(server);
  const clock = new FakeClock();
  const errors: number[] = [];
  const recorder = new EventRecorder({
    api,
    controller: 'linkerd.io/identity',
    instance: 'linkerd-identity-0',
    clock,
    onError: ({ status }) => errors.push(status),
  });
  recorder.record(issued);
  await recorder.close();
  expect(server.list(events)).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({ namespace: 'shop', name: expect.stringMatching(/^web\./) }),
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

  for (let index = 0; index < 20; index++) recorder.record(issued);
  expect(recorder.dropped).toBe(4);
  await recorder.close();
  for (let index = 0; index < 40; index++) {
    recorder.record(issued);
    await recorder.close();
  }
  expect(recorder.dropped).toBe(4 + 8);
  clock.advance(1_000);
  recorder.record(issued);
  await recorder.close();
  expect(recorder.dropped).toBe(12);
  api.close();
});
