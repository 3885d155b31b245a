/** A port in use ends the process with 70 and says which port it is and what to do; identity's own are in its test. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createCertificateMill, freePort, TemporaryDirectory } from '@heddle/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bundle } from './support/bundle.ts';

const name = (account: string): string => `${account}.linkerd.serviceaccount.identity.linkerd.cluster.local`;

let dir: TemporaryDirectory;
let taken: Server;
let takenPort: number;
let environments: Readonly<Record<'destination' | 'proxy', Readonly<Record<string, string>>>>;

beforeAll(async () => {
  dir = await TemporaryDirectory.create();
  const anchors = createCertificateMill().trustAnchorsPem;
  await dir.write('anchors.pem', anchors);
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  takenPort = typeof address === 'object' && address !== null ? address.port : 0;
  const nobody = `127.0.0.1:${await freePort()}`;
  environments = {
    destination: {
      HEDDLE_DESTINATION_LISTEN: '127.0.0.1:0',
      HEDDLE_POLICY_LISTEN: '127.0.0.1:0',
      HEDDLE_ADMIN_LISTEN: '127.0.0.1:0',
      HEDDLE_RESOURCE_DIRS: dir.path,
      HEDDLE_CLUSTER_NETWORKS: '127.0.0.0/8',
      HEDDLE_IDENTITY_SVC_ADDR: nobody,
      HEDDLE_IDENTITY_SVC_NAME: name('linkerd-identity'),
      HEDDLE_IDENTITY_LOCAL_NAME: name('linkerd-destination'),
      HEDDLE_IDENTITY_TOKEN_FILE: dir.file('token'),
      HEDDLE_TRUST_ANCHORS_FILE: dir.file('anchors.pem'),
    },
    proxy: {
      HEDDLE_PROXY_REDIRECTION: 'listeners',
      LINKERD2_PROXY_INBOUND_LISTEN_ADDR: '127.0.0.1:0',
      LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR: '127.0.0.1:0',
      LINKERD2_PROXY_ADMIN_LISTEN_ADDR: '127.0.0.1:0',
      LINKERD2_PROXY_IDENTITY_SVC_ADDR: nobody,
      LINKERD2_PROXY_DESTINATION_SVC_ADDR: nobody,
      LINKERD2_PROXY_POLICY_SVC_ADDR: nobody,
      LINKERD2_PROXY_POLICY_WORKLOAD: '{}',
      LINKERD2_PROXY_IDENTITY_DIR: dir.path,
      LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: anchors,
      LINKERD2_PROXY_IDENTITY_TOKEN_FILE: dir.file('token'),
      LINKERD2_PROXY_IDENTITY_LOCAL_NAME: name('web'),
    },
  };
});
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve));
  await dir[Symbol.asyncDispose]();
});

test.each([
  ['destination', 'HEDDLE_DESTINATION_LISTEN'],
  ['destination', 'HEDDLE_POLICY_LISTEN'],
  ['destination', 'HEDDLE_ADMIN_LISTEN'],
  ['proxy', 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR'],
  ['proxy', 'LINKERD2_PROXY_ADMIN_LISTEN_ADDR'],
] as const)('%s, %s', async (app, variable) => {
  await using process = new Bundle(app, { ...environments[app], [variable]: `127.0.0.1:${takenPort}` });
  expect(await process.exitCode, process.output).toBe(70);
  expect(process.output).toContain(`127.0.0.1:${takenPort}`);
  expect(process.output).toMatch(/another process already listens there; stop it or choose another port/);
});
