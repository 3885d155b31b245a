/** The webhook of a whole process: a folder's objects around what is about to be stored. */
import { post, type ReviewResponse, reviewOf } from '@heddle/admission/testing';
import { eventually } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { podManifest, serverManifest } from '../testing/manifests.ts';
import { TestDestination } from '../testing/running.ts';

const servers = { kind: { group: 'policy.linkerd.io', version: 'v1beta3', kind: 'Server' }, namespace: 'shop' };

test('invalid resources are refused, and what is around a valid one is told', async () => {
  await using destination = await TestDestination.start({
    'web.yaml': [podManifest('web-0', '10.1.0.1'), serverManifest('deny')],
  });
  const ask = (object: unknown): Promise<ReviewResponse> =>
    post(destination.webhook, reviewOf('Server', object, servers));
  await eventually(async () => {
    const { body } = await ask(serverManifest('anybody'));
    expect(body.response).toMatchObject({
      allowed: false,
      status: { code: 422, reason: 'Invalid', message: expect.stringContaining('spec.accessPolicy') as string },
    });
  });
  expect((await ask(serverManifest('audit'))).body.response).toMatchObject({ allowed: true });
  const other = { ...(serverManifest('deny') as object), metadata: { name: 'zzz' } };
  expect((await ask(other)).body.response.warnings).toEqual([
    expect.stringContaining('port 8080 of pod shop/web-0 belongs to the older Server web'),
  ]);
  const metrics = await (await fetch(`http://127.0.0.1:${destination.adminPort}/metrics`)).text();
  expect(metrics).toMatch(/admission_reviews_total\{kind="Server",result="allowed"\} 2/);
});
