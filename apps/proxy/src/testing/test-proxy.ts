/** A whole proxy in the test's process, configured by environment as in local mode, and the application behind it. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { identityOf } from '@heddle/policy/testing';
import { freePort, TemporaryDirectory } from '@heddle/testkit';
import { readConfig } from '../config.ts';
import { type RunningProxy, startProxy } from '../run.ts';
import { controlName, type FakeControlPlane } from './fake-control-plane.ts';

export interface TestProxyOptions {
  readonly plane: FakeControlPlane;
  /** ServiceAccount, and the workload token in the fake control plane. */
  readonly account: string;
  /** The workload's address, in 127.0.0.0/8. */
  readonly ip: string;
  /** Ports of applications by the service port that stands for them. */
  readonly inbound?: ReadonlyMap<number, number>;
  /** Targets `ip:port` that the application may call; each gets a port in `outboundPorts`. */
  readonly targets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface TestProxy {
  readonly ip: string;
  readonly identity: string;
  /** Its port for direct connections. */
  readonly inboundPort: number;
  readonly adminUrl: string;
  /** Where the application reaches each target. */
  readonly outboundPorts: ReadonlyMap<string, number>;
  readonly directory: string;
  stop(): Promise<void>;
}

export const startTestProxy = async (options: TestProxyOptions): Promise<TestProxy> => {
  const { plane, account, ip, inbound = new Map<number, number>(), targets = [] } = options;
  const directory = await TemporaryDirectory.create();
  const tokenFile = await directory.write('token', randomBytes(16).toString('hex'));
  const inboundPort = await freePort(ip);
  const outboundPorts = new Map<string, number>();
  for (const target of targets) outboundPorts.set(target, await freePort(ip));
  const control = `127.0.0.1:${plane.port}`;
  const identity = identityOf(account);
  const service = (name: string): Record<string, string> => ({
    [`LINKERD2_PROXY_${name}_SVC_ADDR`]: control,
    [`LINKERD2_PROXY_${name}_SVC_NAME`]: controlName,
  });
  const environment: Record<string, string> = {
    ...service('IDENTITY'),
    ...service('POLICY'),
    ...service('DESTINATION'),
    LINKERD2_PROXY_IDENTITY_DIR: directory.file('identity'),
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: plane.mill.trustAnchorsPem,
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: tokenFile,
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: identity,
    LINKERD2_PROXY_POLICY_WORKLOAD: account,
    LINKERD2_PROXY_INBOUND_LISTEN_ADDR: `${ip}:${inboundPort}`,
    LINKERD2_PROXY_INBOUND_PORTS: [...inbound.keys()].join(','),
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: '127.0.0.1:0',
    LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD: '1s',
    LINKERD2_PROXY_DESTINATION_PROFILE_NETWORKS: '0.0.0.0/0',
    LINKERD2_PROXY_LOG: 'silent',
    HEDDLE_PROXY_REDIRECTION: 'listeners',
    HEDDLE_PROXY_INBOUND_LISTENERS: [...inbound].map(([port, app]) => `${ip}:${port}>127.0.0.1:${app}`).join(','),
    HEDDLE_PROXY_OUTBOUND_LISTENERS: [...outboundPorts].map(([target, port]) => `${ip}:${port}>${target}`).join(','),
    HEDDLE_PROXY_OUTBOUND_SOURCE: ip,
    HEDDLE_PROXY_LOCAL_ADDRESSES: ip,
    ...options.environment,
  };
  const proxy: RunningProxy = await startProxy(readConfig(environment), environment, () => {});
  return {
    ip,
    identity,
    inboundPort,
    outboundPorts,
    directory: directory.path,
    adminUrl: `http://127.0.0.1:${proxy.adminPort}`,
    stop: async () => {
      await proxy.stop('test over');
      await directory[Symbol.asyncDispose]();
    },
  };
};

/** Listens on any port of loopback; resolves with it. */
export const listenAnywhere = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
