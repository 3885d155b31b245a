/**
 * A pod that was taken over has its ServiceAccount's token and nothing more: it gets a certificate for that name only,
 * and with it the policy of its own pod only.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from './support/kubectl.ts';
import { deployment } from './support/manifests.ts';
import { type Report, report } from './support/running.ts';
import type { Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let taken: Sender;
let anchorsPem: string;

const controlPlane = 'linkerd.serviceaccount.identity.linkerd.cluster.local';
const mountPath = '/var/run/secrets/stolen';

beforeAll(async () => {
  space = await Space.open('taken-over', meshed);
  // The token that the proxy uses is not mounted into the application, but the application's owner can ask for one.
  const source = { serviceAccountToken: { audience: 'identity.l5d.io', expirationSeconds: 3600, path: 'token' } };
  await space.deploy(
    ...deployment({
      name: 'taken',
      container: { volumeMounts: [{ name: 'stolen', mountPath }] },
      pod: { volumes: [{ name: 'stolen', projected: { sources: [source] } }] },
    }),
    ...deployment({ name: 'victim' }),
  );
  taken = { namespace: space.namespace, from: 'deploy/taken', container: 'app' };
  const roots = [
    '-n',
    'linkerd',
    'get',
    'configmap',
    'linkerd-identity-trust-roots',
    '-o',
    'jsonpath={.data.ca-bundle\\.crt}',
  ];
  anchorsPem = await kubectl(roots);
});

afterAll(() => space.close());

const attempt = async (identityOf: string, policyOf: string): Promise<readonly Report[]> => {
  const { metadata } = await space.pod(`app=${policyOf}`);
  const identity = `${identityOf}.${space.namespace}.serviceaccount.identity.linkerd.cluster.local`;
  const workload = { ns: space.namespace, pod: metadata.name };
  const asked = { anchorsPem, tokenFile: `${mountPath}/token`, identity, controlPlane, workload, port: 8080 };
  return report(taken, ['ask-policy', JSON.stringify(asked)]);
};

test('its own name and its own policy', async () => {
  expect(await attempt('taken', 'taken')).toMatchObject([
    { what: 'certify', kind: 'ok' },
    { what: 'policy', kind: 'ok' },
  ]);
});

test('not the policy of another pod', async () => {
  expect(await attempt('taken', 'victim')).toMatchObject([
    { what: 'certify', kind: 'ok' },
    { what: 'policy', kind: 'permission-denied' },
  ]);
});

test('not another name', async () => {
  const [answer, ...rest] = await attempt('victim', 'victim');
  expect(answer).toMatchObject({ what: 'certify', kind: expect.not.stringMatching(/^(ok|unavailable)$/) });
  expect(rest).toEqual([]);
});
