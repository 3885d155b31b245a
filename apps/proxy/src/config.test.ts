import { ConfigError } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const complete = {
  LINKERD2_PROXY_DESTINATION_SVC_ADDR: 'linkerd-dst-headless.linkerd.svc.cluster.local.:8086',
  LINKERD2_PROXY_DESTINATION_SVC_NAME: 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local',
  LINKERD2_PROXY_POLICY_SVC_ADDR: '127.0.0.1:8090',
  LINKERD2_PROXY_POLICY_WORKLOAD: '{"ns":"shop","pod":"web"}\n',
  LINKERD2_PROXY_IDENTITY_SVC_ADDR: '127.0.0.1:8080',
  LINKERD2_PROXY_IDENTITY_DIR: '/var/run/linkerd/identity/end-entity',
  LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: 'pem',
  LINKERD2_PROXY_IDENTITY_TOKEN_FILE: '/token',
  LINKERD2_PROXY_IDENTITY_LOCAL_NAME: 'web.shop.serviceaccount.identity.linkerd.cluster.local',
};

test('the mandatory variables alone give the defaults of the field', () => {
  const config = readConfig(complete);
  expect(config.inbound.listen).toEqual({ host: '0.0.0.0', port: 4143 });
  expect(config.outbound.listen).toEqual([{ host: '127.0.0.1', port: 4140 }]);
  expect(config.admin.listen).toEqual({ host: '127.0.0.1', port: 4191 });
  expect(config.inbound).toMatchObject({ policyHoldMs: 3000, connectTimeoutMs: 300, detectTimeoutMs: 10_000 });
  expect(config.policy).toEqual({
    workload: '{"ns":"shop","pod":"web"}',
    service: { address: { host: '127.0.0.1', port: 8090 }, name: undefined },
  });
  expect(config.redirection).toEqual({ kind: 'original-dst' });
});

test('everything that is wrong is said at once', () => {
  let thrown: unknown;
  try {
    readConfig({
      LINKERD2_PROXY_IDENTITY_DISABLED: '1',
      LINKERD2_PROXY_POLICY_SVC_ADDR: 'policy.example:8090',
      LINKERD2_PROXY_INBOUND_PORTS: '80-70',
      HEDDLE_PROXY_INBOUND_LISTENERS: '127.1.0.3:7001',
      HEDDLE_PROXY_REDIRECTION: 'listeners',
    });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConfigError);
  const { message } = thrown as ConfigError;
  for (const variable of [
    ...Object.keys(complete).filter((name) => !name.includes('_NAME') || name.includes('LOCAL_NAME')),
    'LINKERD2_PROXY_POLICY_SVC_NAME',
    'LINKERD2_PROXY_IDENTITY_DISABLED',
    'LINKERD2_PROXY_INBOUND_PORTS',
    'HEDDLE_PROXY_INBOUND_LISTENERS',
  ]) {
    if (variable === 'LINKERD2_PROXY_POLICY_SVC_ADDR') continue;
    expect(message).toContain(variable);
  }
});

test.each([
  ['warn,linkerd=info,hickory=error', 'info'],
  ['debug', 'debug'],
  ['warn,linkerd=off', 'silent'],
  ['hickory=error', 'info'],
])('the log filter %s is level %s', (filter, level) => {
  expect(readConfig({ ...complete, LINKERD2_PROXY_LOG: filter }).logLevel).toBe(level);
  expect(readConfig({ ...complete, LINKERD2_PROXY_LOG: filter, HEDDLE_LOG_LEVEL: 'error' }).logLevel).toBe('error');
});

test('local mode: listeners stand for destinations', () => {
  const { redirection } = readConfig({
    ...complete,
    HEDDLE_PROXY_REDIRECTION: 'listeners',
    HEDDLE_PROXY_INBOUND_LISTENERS: '127.1.0.3:7001>127.1.0.3:40001',
    HEDDLE_PROXY_OUTBOUND_LISTENERS: '127.1.0.3:20001>10.96.0.12:7001, 127.1.0.3:20002>10.96.0.13:80',
  });
  expect(redirection).toMatchObject({
    inbound: [{ listen: { port: 7001 }, application: { port: 40001 } }],
    outbound: [{ target: { host: '10.96.0.12' } }, { target: { port: 80 } }],
  });
});

test.each([
  ['json', 'json'],
  ['apache', 'apache'],
  ['', undefined],
])('the access log %j is %s', (text, format) => {
  expect(readConfig({ ...complete, LINKERD2_PROXY_ACCESS_LOG: text }).accessLog).toBe(format);
});
