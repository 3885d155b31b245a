import { createMessage, inboundApi, inboundPolicyFromProto } from '@heddle/api';
import { meshKinds } from '@heddle/k8s';
import { eventually, FakeApiServer, type FakeManifest, TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { podManifest, serverManifest } from '../testing/manifests.ts';
import { TestDestination } from '../testing/running.ts';

const { getPort } = inboundApi.InboundServerPolicies.method;
const port = createMessage(inboundApi.PortSpecSchema, { workload: '{"ns":"shop","pod":"web-0"}\n', port: 8080 });

const put = (api: FakeApiServer, manifest: unknown): void => {
  const { kind: wanted } = manifest as { readonly kind: string };
  const kind = meshKinds.find((each) => each.kind === wanted);
  if (kind === undefined) throw new Error(`${wanted} is not watched`);
  api.put(kind, manifest as FakeManifest);
};

const serverNameFrom = (message: inboundApi.Server): string | undefined => {
  const policy = inboundPolicyFromProto(message);
  return policy.kind === 'ok' ? policy.value.server.name : undefined;
};

const metricsOf = async (destination: TestDestination): Promise<string> =>
  (await fetch(`http://127.0.0.1:${destination.adminPort}/metrics`)).text();

test('policy follows the objects of a cluster, through what is broken and what is wrong', async () => {
  await using api = await FakeApiServer.start({ kinds: meshKinds });
  await using directory = await TemporaryDirectory.create();
  const kubeconfig = await directory.write('config', api.kubeconfig);
  put(api, podManifest('web-0', '10.1.0.1'));
  api.fail({ on: 'list', answer: { status: 500 } }, { on: 'watch', answer: 'drop' });
  await using destination = await TestDestination.start(
    {},
    { HEDDLE_RESOURCE_DIRS: '', HEDDLE_KUBERNETES: `kubeconfig:${kubeconfig}` },
  );
  const serverName = async (): Promise<string | undefined> =>
    serverNameFrom(await destination.client('policy').unary(getPort, port, { timeoutMs: 5_000 }));
  expect(await serverName()).toBe('all-authenticated');

  put(api, serverManifest('deny'));
  await eventually(async () => expect(await serverName()).toBe('web'));

  put(api, serverManifest('allow-everyone'));
  await eventually(() => {
    const text = 'an object makes no sense: spec.accessPolicy';
    expect(destination.logLines.map(({ msg }) => String(msg))).toContainEqual(expect.stringContaining(text));
  });
  expect(await serverName()).toBe('web');
  const metrics = await metricsOf(destination);
  expect(metrics).toContain('kubernetes_objects{group="",kind="Pod"} 1');
  expect(metrics).toContain('kubernetes_unreadable_objects_total{group="policy.linkerd.io",kind="Server"} 1');
  expect(metrics).toMatch(/kubernetes_watch_errors_total\{.*status="500"\} 1/);

  const servers = meshKinds.find(({ kind }) => kind === 'Server')!;
  api.delete(servers, 'shop', 'web');
  await eventually(async () => expect(await serverName()).toBe('all-authenticated'));
});

test('a Server that cannot be read when the cluster is first listed closes its port', async () => {
  await using api = await FakeApiServer.start({ kinds: meshKinds });
  await using directory = await TemporaryDirectory.create();
  const kubeconfig = await directory.write('config', api.kubeconfig);
  put(api, podManifest('web-0', '10.1.0.1'));
  put(api, serverManifest('allow-everyone'));
  await using destination = await TestDestination.start(
    {},
    { HEDDLE_RESOURCE_DIRS: '', HEDDLE_KUBERNETES: `kubeconfig:${kubeconfig}` },
  );
  const client = destination.client('policy');
  const policy = async () => inboundPolicyFromProto(await client.unary(getPort, port, { timeoutMs: 5_000 }));
  expect(await policy()).toMatchObject({ kind: 'ok', value: { server: { name: 'web' }, authorizations: [] } });

  put(api, serverManifest('all-authenticated'));
  await eventually(async () => {
    expect(await policy()).toMatchObject({ kind: 'ok', value: { authorizations: [{}] } });
  });
});
