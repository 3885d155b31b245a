/**
 * TLS that ends in the application, as the kubelet's probes over HTTPS are: from a client without a mesh identity, and
 * without a server name, since it asks an address. The proxy passes it on or ends it by the policy of the port.
 */
import { createServer, request } from 'node:https';
import { type DefaultPolicyName, defaultPolicy, defaultPolicyNames, type InboundPolicy } from '@heddle/policy';
import { anybody, grant, httpPolicy, network } from '@heddle/policy/testing';
import { freePort } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { listenAnywhere, startTestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.9';
const node = '127.9.1.1';
const stranger = '127.9.2.1';
const plane = new FakeControlPlane();
const disposals: (() => unknown)[] = [];
let port = 0;

beforeEach(async () => {
  await plane.start();
  port = await freePort(ip);
  const { chainPem, keyPem } = plane.mill.leaf('authors.example.com');
  const application = createServer({ cert: chainPem, key: keyPem }, (_, response) => response.end('ready'));
  const applicationPort = await listenAnywhere(application);
  disposals.push(() => {
    application.closeAllConnections();
    return new Promise((resolve) => application.close(resolve));
  });
  const inbound = new Map([[port, applicationPort]]);
  const proxy = await startTestProxy({ plane, account: 'authors', ip, inbound });
  disposals.push(() => proxy.stop());
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

/** As the kubelet does: whatever the certificate. Undefined when the connection ends without an answer. */
const probeFrom = (localAddress: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const options = { host: ip, port, path: '/ready', localAddress, rejectUnauthorized: false, agent: false };
    const probe = request(options, (response) => resolve(response.resume().statusCode));
    probe.on('error', () => resolve(undefined)).end();
  });

/** From the node, and from somebody else. */
const answersUnder = async (policy: InboundPolicy): Promise<readonly (number | undefined)[]> => {
  plane.inbound.of(`authors:${port}`).set(policy);
  return [await probeFrom(node), await probeFrom(stranger)];
};

const nodes = network(`${node}/32`);
const answers: Readonly<Record<DefaultPolicyName, readonly (number | undefined)[]>> = {
  'all-unauthenticated': [200, 200],
  'all-authenticated': [undefined, undefined],
  'cluster-unauthenticated': [200, undefined],
  'cluster-authenticated': [undefined, undefined],
  audit: [200, 200],
  deny: [undefined, undefined],
};

test.each(defaultPolicyNames.flatMap((name) => [false, true].map((isOpaque) => [name, isOpaque] as const)))(
  'under the default policy %s, on a port that is opaque: %s',
  async (name, isOpaque) => {
    expect(await answersUnder(defaultPolicy(name, [nodes.net], { isOpaque, timeoutMs: 10_000 }))).toEqual(
      answers[name],
    );
  },
);

const ofServer = httpPolicy([], [grant('nodes', anybody, `${node}/32`)]);
test.each<[string, InboundPolicy['protocol']]>([
  ['TLS', { kind: 'tls' }],
  ['opaque', { kind: 'opaque' }],
  ['unknown', ofServer.protocol],
])(
  'a Server of protocol %s that authorizes the network of the nodes lets it through, and nobody else',
  async (_, protocol) => {
    expect(await answersUnder({ ...ofServer, protocol })).toEqual([200, undefined]);
  },
);
