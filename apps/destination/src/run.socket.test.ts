import {
  createMessage,
  defaultStreamLimits,
  destinationApi,
  endpointUpdateFromProto,
  finalErrors,
  type GrpcClient,
  inboundApi,
  inboundPolicyFromProto,
  outboundApi,
  outboundPolicyFromProto,
  profileFromProto,
  RpcError,
  StreamWatch,
} from '@heddle/api';
import type { InboundPolicy } from '@heddle/policy';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually } from '@heddle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { largeGrant, podManifest, serverManifest, serviceManifest, sliceManifest } from './testing/manifests.ts';
import { identityOf, TestDestination } from './testing/running.ts';

const cluster = {
  'pods.json': [podManifest('web-0', '10.1.0.1'), podManifest('api-0', '10.1.0.2', 'api')],
  'services.json': [serviceManifest('api', '10.96.0.2'), sliceManifest('api', { 'api-0': '10.1.0.2' })],
};
/** What is answered with an error, or by the client's namespace. */
const special = [
  serviceManifest('one', '10.96.0.9'),
  serviceManifest('other', '10.96.0.9'),
  serviceManifest('api', '10.96.1.2', 'pay'),
  ...['shop', 'pay'].map((namespace) => ({
    apiVersion: 'linkerd.io/v1alpha2',
    kind: 'ServiceProfile',
    metadata: { name: 'api.pay.svc.cluster.local', namespace },
    spec: { dstOverrides: [{ authority: 'api-v2.pay.svc.cluster.local', weight: 1 }] },
  })),
  {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'EgressNetwork',
    metadata: { name: 'closed', namespace: 'shop' },
    spec: { trafficPolicy: 'Deny' },
  },
];
const ask = { timeoutMs: 5_000 };
const web = '{"ns":"shop","pod":"web-0"}\n';
const portSpec = (workload = web, port = 8080): inboundApi.PortSpec =>
  createMessage(inboundApi.PortSpecSchema, { workload, port });
const trafficSpec = (authority: string): outboundApi.TrafficSpec =>
  createMessage(outboundApi.TrafficSpecSchema, {
    sourceWorkload: web,
    target: { case: 'authority', value: authority },
  });
const getDestination = (path: string): destinationApi.GetDestination =>
  createMessage(destinationApi.GetDestinationSchema, { path, contextToken: web });

const { getPort, watchPort } = inboundApi.InboundServerPolicies.method;
const { get: getOutbound } = outboundApi.OutboundPolicies.method;
const { get: getEndpoints, getProfile } = destinationApi.Destination.method;

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return error instanceof RpcError ? error.code : String(error);
  }
};
const policyFrom = (message: inboundApi.Server): InboundPolicy => {
  const policy = inboundPolicyFromProto(message);
  if (policy.kind === 'invalid') throw new Error(policy.reason);
  return policy.value;
};

/** Collects the messages of a stream; the names of the rules that a policy grants by, or the code it ended with. */
const collectPolicies = (client: GrpcClient, workload = web) => {
  const seen: string[] = [];
  const stream = client.stream(watchPort, portSpec(workload), {
    onMessage: (message) =>
      seen.push(
        policyFrom(message)
          .authorizations.map(({ ref }) => ref.name)
          .join(),
      ),
    onEnd: (error) => seen.push(`end: ${error?.code ?? 'ok'}`),
  });
  return { seen, stream };
};
const firstMessage = <Message>(
  open: (onMessage: (message: Message) => void, onEnd: (error?: RpcError) => void) => void,
) =>
  new Promise<Message>((resolve, reject) =>
    open(resolve, (error) => reject(error ?? new RpcError('unknown', 'the stream ended'))),
  );

describe('a running destination', () => {
  let destination: TestDestination;
  beforeAll(async () => {
    destination = await TestDestination.start({ ...cluster, 'special.json': special });
  });
  afterAll(async () => destination[Symbol.asyncDispose]());

  test('tells a workload its inbound policy', async () => {
    const policy = policyFrom(await destination.client('policy').unary(getPort, portSpec(), ask));
    expect(policy).toMatchObject({
      server: { kind: 'default', name: 'all-authenticated' },
      protocol: { kind: 'detect', timeoutMs: 10_000 },
    });
  });

  test('tells a client the outbound policy of a Service', async () => {
    const message = await destination
      .client('policy')
      .unary(getOutbound, trafficSpec('api.shop.svc.cluster.local:80'), ask);
    expect(outboundPolicyFromProto(message)).toMatchObject({
      value: { ref: { name: 'api', port: 80 }, protocol: { kind: 'detect' } },
    });
  });

  test('tells a client the endpoints and the profile of a Service', async () => {
    const client = destination.client('destination');
    const update = await firstMessage<destinationApi.Update>((onMessage, onEnd) =>
      client.stream(getEndpoints, getDestination('api.shop.svc.cluster.local:80'), { onMessage, onEnd }),
    );
    expect(endpointUpdateFromProto(update)).toMatchObject({
      value: {
        kind: 'add',
        labels: { service: 'api', namespace: 'shop' },
        endpoints: [{ address: { port: 8080 }, tls: { identity: { name: identityOf('api') } } }],
      },
    });
    const profile = await firstMessage<destinationApi.DestinationProfile>((onMessage, onEnd) =>
      client.stream(getProfile, getDestination('10.96.0.2:80'), { onMessage, onEnd }),
    );
    expect(profileFromProto(profile)).toMatchObject({
      value: { fullyQualifiedName: 'api.shop.svc.cluster.local', isOpaque: false },
    });
  });

  test.each<[string, (client: GrpcClient) => Promise<unknown>, string]>([
    [
      'the port of a pod of another account',
      (client) => client.unary(getPort, portSpec('shop:api-0'), ask),
      'permission-denied',
    ],
    [
      'a port of a pod that is not known',
      (client) => client.unary(getPort, portSpec('shop:later'), ask),
      'unavailable',
    ],
    ['port 0', (client) => client.unary(getPort, portSpec(web, 0), ask), 'invalid-argument'],
    [
      'a port with a token that says nothing',
      (client) => client.unary(getPort, portSpec('?'), ask),
      'invalid-argument',
    ],
    [
      'the policy towards an unknown Service',
      (client) => client.unary(getOutbound, trafficSpec('db.shop.svc.cluster.local:80'), ask),
      'not-found',
    ],
    [
      'the policy towards no Service',
      (client) => client.unary(getOutbound, trafficSpec('example.com:80'), ask),
      'not-found',
    ],
    [
      'the policy towards nothing',
      (client) => client.unary(getOutbound, createMessage(outboundApi.TrafficSpecSchema, { sourceWorkload: web }), ask),
      'invalid-argument',
    ],
    [
      'the policy towards port 0',
      (client) =>
        client.unary(
          getOutbound,
          createMessage(outboundApi.TrafficSpecSchema, {
            sourceWorkload: web,
            target: { case: 'addr', value: { ip: { ip: { case: 'ipv4', value: 1 } } } },
          }),
          ask,
        ),
      'invalid-argument',
    ],
  ])('refuses to tell %s', async (_, call, code) => {
    expect(await codeOf(call(destination.client('policy')))).toBe(code);
  });

  test.each([
    ['an address', '10.1.0.2:80', 'invalid-argument'],
    ['a name outside the cluster', 'example.com:80', 'invalid-argument'],
    ['an unknown Service', 'db.shop.svc.cluster.local:80', 'not-found'],
  ])('refuses to tell the endpoints of %s', async (_, path, code) => {
    const client = destination.client('destination');
    const first = firstMessage((onMessage, onEnd) =>
      client.stream(getEndpoints, getDestination(path), { onMessage, onEnd }),
    );
    expect(await codeOf(first)).toBe(code);
  });

  test.each([
    ['a name outside the cluster', 'example.com:80', 'invalid-argument'],
    ['an address that two Services have', '10.96.0.9:80', 'failed-precondition'],
  ])('refuses to tell the profile of %s', async (_, path, code) => {
    const client = destination.client('destination');
    const first = firstMessage((onMessage, onEnd) =>
      client.stream(getProfile, getDestination(path), { onMessage, onEnd }),
    );
    expect(await codeOf(first)).toBe(code);
  });

  test('refuses to tell the policy towards an address that two Services have', async () => {
    const spec = createMessage(outboundApi.TrafficSpecSchema, {
      sourceWorkload: web,
      target: { case: 'addr', value: { ip: { ip: { case: 'ipv4', value: 0x0a60_0009 } }, port: 80 } },
    });
    expect(await codeOf(destination.client('policy').unary(getOutbound, spec, ask))).toBe('failed-precondition');
  });

  test('tells a client the ServiceProfile and the EgressNetwork of its own namespace', async () => {
    const profile = await firstMessage<destinationApi.DestinationProfile>((onMessage, onEnd) =>
      destination
        .client('destination')
        .stream(getProfile, getDestination('api.pay.svc.cluster.local:80'), { onMessage, onEnd }),
    );
    expect(profile).toMatchObject({
      profileRef: { kind: { value: { namespace: 'shop' } } },
      dstOverrides: [{ authority: 'api-v2.pay.svc.cluster.local:80', weight: 1000 }],
    });
    const spec = createMessage(outboundApi.TrafficSpecSchema, {
      sourceWorkload: web,
      target: { case: 'addr', value: { ip: { ip: { case: 'ipv4', value: 0xc000_0201 } }, port: 443 } },
    });
    expect(await destination.client('policy').unary(getOutbound, spec, ask)).toMatchObject({
      metadata: { kind: { value: { kind: 'EgressNetwork', namespace: 'shop', name: 'closed' } } },
    });
  });

  test('refuses a caller with a certificate of another mesh, without one, and in clear', async () => {
    const foreign = destination.mesh(identityOf('web'), createCertificateMill());
    const anonymous = { ...destination.mesh(identityOf('web')), clientCertificate: 'omit' } as const;
    for (const security of [foreign, anonymous, { kind: 'cleartext' } as const]) {
      expect(await codeOf(destination.client('policy', security).unary(getPort, portSpec(), ask))).toBe('unavailable');
    }
  });
});

describe('a change of the manifests', () => {
  let destination: TestDestination;
  beforeEach(async () => {
    destination = await TestDestination.start(cluster);
  });
  afterEach(async () => destination[Symbol.asyncDispose]());

  test('reaches every stream, and one that does not read gets the newest when it reads again', async () => {
    const clients = Array.from({ length: 10 }, () => destination.client('policy'));
    const streams = Array.from({ length: 100 }, (_, at) => collectPolicies(clients[at % 10] as GrpcClient));
    await eventually(() => expect(streams.every(({ seen }) => seen.length === 1)).toBe(true));
    const [stalled, ...others] = streams;
    stalled?.stream.pause();
    const rounds = ['audit', 'deny', 'all-unauthenticated', 'cluster-authenticated'];
    for (const round of rounds) {
      await destination.write('server.json', [serverManifest(round)]);
      const expected = round === 'deny' ? '' : round;
      await eventually(() => expect(others.every(({ seen }) => seen.at(-1) === expected)).toBe(true));
    }
    stalled?.stream.resume();
    await eventually(() => expect(stalled?.seen.at(-1)).toBe('cluster-authenticated'));
    expect(others.every(({ seen }) => seen.length === 5)).toBe(true);
  });

  test('is not queued for a stream that does not read', async () => {
    const client = destination.client('policy');
    const [reader, stalled] = [collectPolicies(client), collectPolicies(client)];
    await eventually(() => expect([reader.seen.length, stalled.seen.length]).toEqual([1, 1]));
    stalled.stream.pause();
    // The client's own buffer takes 16 messages before it stops reading, and the windows take some more.
    const rounds = Array.from({ length: 40 }, (_, at) => `round-${at}`);
    for (const round of rounds) {
      await destination.write('server.json', [serverManifest('deny'), ...largeGrant(round)]);
      await eventually(() => expect(reader.seen.at(-1)).toBe(round));
    }
    stalled.stream.resume();
    await eventually(() => expect(stalled.seen.at(-1)).toBe('round-39'));
    expect(reader.seen).toHaveLength(41);
    expect(stalled.seen.length).toBeLessThan(27);
  });

  test('reaches a stream in well under a second', async () => {
    const { seen } = collectPolicies(destination.client('policy'));
    await eventually(() => expect(seen).toEqual(['all-authenticated']));
    const took: number[] = [];
    for (const round of ['audit', 'all-unauthenticated', 'audit', 'all-unauthenticated', 'audit']) {
      const start = performance.now();
      await destination.write('server.json', [serverManifest(round)]);
      await eventually(() => expect(seen.at(-1)).toBe(round), { intervalMs: 1 });
      took.push(performance.now() - start);
    }
    expect(Math.max(...took)).toBeLessThan(1_000);
  });

  test('with a mistake is reported with its line and changes nothing', async () => {
    const { seen } = collectPolicies(destination.client('policy'));
    await destination.write('server.json', [serverManifest('audit')]);
    await eventually(() => expect(seen.at(-1)).toBe('audit'));
    const wrong = JSON.stringify(serverManifest('audited'), undefined, 1);
    const line = wrong.split('\n').findIndex((text) => text.includes('accessPolicy')) + 1;
    await destination.write('server.json', wrong);
    await eventually(() =>
      expect(destination.logLines).toContainEqual(
        expect.objectContaining({ level: 'error', line, msg: expect.stringContaining('accessPolicy') }),
      ),
    );
    await destination.write('server.json', [serverManifest('all-unauthenticated')]);
    await eventually(() => expect(seen.at(-1)).toBe('all-unauthenticated'));
    expect(seen.filter((names) => names !== 'all-authenticated')).toEqual(['audit', 'all-unauthenticated']);
  });

  test('that replaces a pod by one of another account ends the streams of the first', async () => {
    const { seen } = collectPolicies(destination.client('policy'));
    await eventually(() => expect(seen).toEqual(['all-authenticated']));
    const replaced = [podManifest('web-0', '10.1.0.9', 'api'), podManifest('api-0', '10.1.0.2', 'api')];
    await destination.write('pods.json', replaced);
    await eventually(() => expect(seen.at(-1)).toBe('end: permission-denied'));
  });

  test('that removes a Service empties the client, and its return fills it again', async () => {
    const updates: unknown[] = [];
    destination.client('destination').stream(getEndpoints, getDestination('api.shop.svc.cluster.local:80'), {
      onMessage: (message) => {
        const update = endpointUpdateFromProto(message);
        if (update.kind === 'ok') updates.push(update.value.kind === 'noEndpoints' ? update.value : update.value.kind);
      },
      onEnd: () => {},
    });
    await eventually(() => expect(updates).toEqual(['add']));
    await destination.write('services.json', [sliceManifest('api', { 'api-0': '10.1.0.2' })]);
    await eventually(() => expect(updates).toEqual(['add', { kind: 'noEndpoints', exists: false }]));
    await destination.write('services.json', cluster['services.json']);
    await eventually(() => expect(updates).toHaveLength(3));
    expect(updates[2]).toBe('add');
  });
});

test('streams resume after a restart', async () => {
  await using destination = await TestDestination.start(cluster);
  const watch = new StreamWatch({
    client: destination.client('policy'),
    method: watchPort,
    request: portSpec(),
    fold: (_: string | undefined, message) => policyFrom(message).server.name,
    isFinal: finalErrors.inboundPolicy,
    clock: systemClock,
    random: Math.random,
    limits: defaultStreamLimits,
  });
  const { state } = watch;
  await eventually(() => expect(state.value).toMatchObject({ value: 'all-authenticated', isLive: true }));
  await destination.stop();
  await eventually(() => expect(state.value).toMatchObject({ value: 'all-authenticated', isLive: false }));
  await destination.write('server.json', [serverManifest('deny')]);
  await destination.restart();
  await eventually(() => expect(state.value).toMatchObject({ value: 'web', isLive: true }));
  watch.close();
});

test('callers in clear on loopback are served only when that is switched on', async () => {
  await using destination = await TestDestination.start(cluster, { HEDDLE_CLEARTEXT_FROM_LOOPBACK: 'true' });
  const client = destination.client('policy', { kind: 'cleartext' });
  expect(await codeOf(client.unary(getPort, portSpec(), ask))).toBe('ok');
});

test('the admin port tells readiness and metrics', async () => {
  await using destination = await TestDestination.start(cluster);
  await destination.client('policy').unary(getPort, portSpec(), ask);
  const response = await fetch(`http://127.0.0.1:${destination.adminPort}/metrics`);
  const text = await response.text();
  expect(text).toContain('catalog_objects 4');
  expect(text).toContain('grpc_messages_sent_total{method="GetPort"} 1');
  expect(text).toContain('identity_cert_refresh_count 1');
});
