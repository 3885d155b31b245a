/** Policy that breaks a rule is not stored, what is right is, in every version; and each resource says how it fares. */
import { invalidPolicyResources, validResources } from '@heddle/crds/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DryRun } from './support/dry-run.ts';
import { type Manifest, tryKubectl } from './support/kubectl.ts';
import { Space } from './support/space.ts';

let space: Space;
let dryRun: DryRun;

beforeAll(async () => {
  space = await Space.open('admission');
  dryRun = new DryRun(space.namespace);
});

afterAll(() => space.close());

test('every invalid resource of policy.linkerd.io is refused, by its definition or by the webhook', async () => {
  expect(await dryRun.wronglyAnswered(invalidPolicyResources)).toEqual([]);
}, 300_000);

test('every valid resource is taken, in every version', async () => {
  expect(await dryRun.refused(validResources)).toEqual([]);
}, 120_000);

test('the author of what takes no effect is warned, and the resource says so from then on', async () => {
  const policy = {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'dangling', namespace: space.namespace },
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web' },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'clients' }],
    },
  };
  const { code, stderr } = await tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(policy) });
  expect(code).toBe(0);
  expect(stderr).toContain(`there is no MeshTLSAuthentication clients in namespace ${space.namespace}`);
  await space.waitFor('condition=Accepted=False', 'authorizationpolicies.policy.linkerd.io/dangling', 30);
  await space.waitFor('condition=ResolvedRefs=False', 'authorizationpolicies.policy.linkerd.io/dangling', 30);

  await space.apply({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: { name: 'clients', namespace: space.namespace },
    spec: { identities: ['*'] },
  });
  await space.waitFor('condition=ResolvedRefs=True', 'authorizationpolicies.policy.linkerd.io/dangling', 30);
}, 120_000);

test("a route is accepted by the Server it names, under the name of Linkerd's controller", async () => {
  const example = (kind: string, version: string): Manifest =>
    dryRun.here(validResources.find((each) => each['kind'] === kind && each['apiVersion'] === version)!);
  await space.apply(example('Server', 'policy.linkerd.io/v1beta3'), example('HTTPRoute', 'policy.linkerd.io/v1beta1'));
  const path = "jsonpath={.status.parents[?(@.controllerName=='linkerd.io/policy-controller')].conditions[0].reason}";
  await space.waitFor(`${path}=Accepted`, 'httproutes.policy.linkerd.io/web', 30);
}, 60_000);
