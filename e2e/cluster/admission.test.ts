/** Policy that breaks a rule is not stored, what is right is, in every version; and each resource says how it fares. */
import {
  type InvalidResource,
  invalidGatewayResources,
  invalidPolicyResources,
  validGatewayResources,
  validResources,
} from '@heddle/crds/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl, type Manifest, type Output, tryKubectl } from './support/kubectl.ts';
import { Space } from './support/space.ts';

let space: Space;
/** Kinds of the Gateway API, which a cluster need not have. */
let gatewayKinds: string;

beforeAll(async () => {
  space = await Space.open('admission');
  gatewayKinds = await kubectl(['api-resources', '--api-group=gateway.networking.k8s.io', '--no-headers']);
});

afterAll(() => space.close());

/** The same resource in the scenario's namespace; a policy for its namespace as a whole follows it. */
const here = (manifest: Manifest): string =>
  JSON.stringify(manifest)
    .replaceAll('"namespace":"shop"', `"namespace":"${space.namespace}"`)
    .replaceAll('"kind":"Namespace","name":"shop"', `"kind":"Namespace","name":"${space.namespace}"`);

const dryRun = (manifest: Manifest): Promise<Output> =>
  tryKubectl(['apply', '--dry-run=server', '-f', '-'], { input: here(manifest) });

/** In order of `items`, a few at a time. */
const each = async <T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 4) results.push(...(await Promise.all(items.slice(at, at + 4).map(act))));
  return results;
};

/** What was stored, or refused for another reason. */
const wronglyAnswered = async (rows: readonly InvalidResource[]): Promise<readonly string[]> => {
  const answers = await each(rows, async (row) => ({ row, output: await dryRun(row.manifest) }));
  return answers.flatMap(({ row, output: { code, stdout, stderr } }) => {
    const isRight = code !== 0 && (row.isAgainstSchema === true || stderr.includes(row.message));
    return isRight ? [] : [`${row.why}: ${stdout}${stderr}`];
  });
};

const isInstalled = ({ kind, apiVersion }: Manifest): boolean =>
  gatewayKinds
    .split('\n')
    .some((line) => line.includes(`${String(apiVersion)} `) && line.trim().endsWith(` ${String(kind)}`));

test('every invalid resource of policy.linkerd.io is refused, by its definition or by the webhook', async () => {
  expect(await wronglyAnswered(invalidPolicyResources)).toEqual([]);
}, 300_000);

test('every valid resource is taken, in every version', async () => {
  const answers = await each(validResources, dryRun);
  expect(answers.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
}, 120_000);

test('routes of the Gateway API are held to the same rules, where the cluster has them', async () => {
  const rows = invalidGatewayResources.filter(({ manifest }) => isInstalled(manifest));
  // Their own definitions refuse some of them, in their own words.
  const answers = await each(rows, ({ manifest }) => dryRun(manifest));
  expect(answers.filter(({ code }) => code === 0).map(({ stdout }) => stdout)).toEqual([]);
  const valid = await each(validGatewayResources.filter(isInstalled), dryRun);
  expect(valid.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
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
  await space.apply(
    JSON.parse(
      here(validResources.find(({ kind, apiVersion }) => kind === 'Server' && String(apiVersion).endsWith('v1beta3'))!),
    ) as Manifest,
    JSON.parse(
      here(
        validResources.find(({ kind, apiVersion }) => kind === 'HTTPRoute' && String(apiVersion).endsWith('v1beta1'))!,
      ),
    ) as Manifest,
  );
  const path = "jsonpath={.status.parents[?(@.controllerName=='linkerd.io/policy-controller')].conditions[0].reason}";
  await space.waitFor(`${path}=Accepted`, 'httproutes.policy.linkerd.io/web', 30);
}, 60_000);
