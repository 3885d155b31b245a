/**
 * Routes of the Gateway API: a cluster that gets their definitions while the mesh runs has them enforced, admitted and
 * reported like the mesh's own; one that loses them goes on without.
 *
 * HEDDLE_E2E_GATEWAY_API names another file of definitions than the published one, for machines that cannot fetch it.
 */
import { invalidGatewayResources, validGatewayResources } from '@heddle/crds/testing';
import { eventually } from '@heddle/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DryRun } from './support/dry-run.ts';
import { kubectl, type Manifest } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const group = 'gateway.networking.k8s.io';
const definitions =
  process.env['HEDDLE_E2E_GATEWAY_API'] ??
  'https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.1/standard-install.yaml';

let space: Space;
let client: Sender;
let nobody: Sender;
let url: string;
/** Installed here, so removed here. */
let areOurs = false;

const route = (kind: 'HTTPRoute' | 'GRPCRoute', name: string, target: string, match: Manifest): Manifest => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name },
  spec: {
    parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', name: target }],
    rules: [{ matches: [match] }],
  },
});

/** Who may use the route, and nothing else of its Server. */
const allowRoute = (kind: string, name: string): readonly Manifest[] =>
  allow(name, ['client']).map((object) =>
    object['kind'] === 'AuthorizationPolicy'
      ? { ...object, spec: { ...(object['spec'] as Manifest), targetRef: { group, kind, name } } }
      : object,
  );

beforeAll(async () => {
  space = await Space.open('gateway-api', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    { ...server('web', { port: 'grpc', proxyProtocol: 'gRPC' }), metadata: { name: 'web-grpc' } },
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'nobody' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  nobody = { ...client, from: 'deploy/nobody' };
  url = `http://web.${space.namespace}:8080`;
  areOurs = !(await kubectl(['get', 'customresourcedefinitions', '-o', 'name'])).includes(`httproutes.${group}`);
  if (areOurs) {
    await kubectl(['apply', '--server-side', '-f', definitions]);
    await eventually(async () => {
      const known = await kubectl(['api-resources', `--api-group=${group}`, '--no-headers', '-o', 'name']);
      expect(known).toMatch(/grpcroutes[^]*httproutes/);
    });
  }
}, 300_000);

afterAll(async () => {
  if (areOurs) await kubectl(['delete', '-f', definitions, '--ignore-not-found', '--timeout=100s']);
  await space.close();
});

test('an HTTPRoute that is made now takes effect, without a restart', async () => {
  await space.apply(
    route('HTTPRoute', 'reads', 'web', { path: { type: 'PathPrefix', value: '/read' }, method: 'GET' }),
    ...allowRoute('HTTPRoute', 'reads'),
  );
  await expect.poll(() => get(client, `${url}/read/1`), { timeout: 90_000, interval: 1000 }).toBe(200);
  expect(await get(client, `${url}/write`)).toBe(404);
  expect(await get(nobody, `${url}/read/1`)).toBe(403);
});

test('so does a GRPCRoute', async () => {
  await space.apply(
    route('GRPCRoute', 'says', 'web-grpc', { method: { method: 'Say' } }),
    ...allowRoute('GRPCRoute', 'says'),
  );
  const say = async (sender: Sender, method = 'Say'): Promise<unknown> =>
    (await report(sender, ['grpc', `web.${space.namespace}`, '9090', method, '1']))[0]?.['status'];
  await expect.poll(() => say(client), { timeout: 90_000, interval: 1000 }).toBe('0');
  // 5: NOT_FOUND, 7: PERMISSION_DENIED
  expect(await say(client, 'Tick')).toBe('5');
  expect(await say(nobody)).toBe('7');
});

test('each says how it fares, to its author', async () => {
  const path = "jsonpath={.status.parents[?(@.controllerName=='linkerd.io/policy-controller')].conditions[0].reason}";
  await space.waitFor(`${path}=Accepted`, `httproutes.${group}/reads`, 60);
  await space.waitFor(`${path}=Accepted`, `grpcroutes.${group}/says`, 60);
  await space.apply(route('HTTPRoute', 'astray', 'nobody', { path: { type: 'Exact', value: '/' } }));
  await space.waitFor(`${path}=NoMatchingParent`, `httproutes.${group}/astray`, 60);
});

test('what breaks a rule is refused, what is right is taken', async () => {
  const dryRun = new DryRun(space.namespace);
  const isEnforced = ({ kind }: Manifest): boolean => kind === 'HTTPRoute' || kind === 'GRPCRoute';
  const invalid = invalidGatewayResources.filter(({ manifest }) => isEnforced(manifest));
  // Their own definitions refuse some of them, in their own words.
  const answers = await Promise.all(invalid.map(({ manifest }) => dryRun.apply(manifest)));
  expect(answers.filter(({ code }) => code === 0).map(({ stdout }) => stdout)).toEqual([]);
  expect(await dryRun.refused(validGatewayResources.filter(isEnforced))).toEqual([]);
}, 120_000);
