import { expect, test } from 'vitest';
import { readValues } from './read-values.ts';

const read = (values: unknown): unknown => {
  const result = readValues(values);
  return result.kind === 'ok' ? result.settings : result.problems;
};

test('nothing is said: the defaults', () => {
  expect(read(undefined)).toMatchObject({
    uid: 2102,
    isIpv6Disabled: false,
    defaultInboundPolicy: 'all-authenticated',
  });
});

test('numbers, switches, lists and texts are read alike', () => {
  expect(
    read({
      proxy: { uid: 3000, gid: '-1', await: 'false', additionalEnv: [{ name: 'A', value: 'b' }], accessLog: null },
      disableIPv6: true,
      imagePullPolicy: 'Always',
      somethingElse: { is: 'not looked at' },
    }),
  ).toMatchObject({
    uid: 3000,
    gid: -1,
    isAwaited: false,
    additionalEnv: [{ name: 'A', value: 'b' }],
    isIpv6Disabled: true,
    pullPolicy: 'Always',
    accessLog: '',
  });
});

test('an empty text is an empty list, and otherwise nothing said', () => {
  expect(
    read({ proxy: { opaquePorts: '', podInboundPorts: '', image: { version: '' } }, clusterNetworks: '' }),
  ).toMatchObject({
    opaquePorts: [],
    podInboundPorts: undefined,
    proxyVersion: '',
    clusterNetworks: expect.stringContaining('10.0.0.0/8') as string,
  });
});

test('every mistake is told', () => {
  expect(
    read({
      proxy: { uid: 0, ports: { inbound: 'x' }, tracing: { enabled: true } },
      identity: { serviceAccountTokenProjection: false },
    }),
  ).toEqual([
    'proxy.ports.inbound is "x", which is not a port, a number from 1 to 65535',
    'proxy.uid is "0", which is not a whole number from 1 to 2147483647',
    'identity.serviceAccountTokenProjection is "false", which is not possible: identity accepts only tokens that were made for it; remove it',
    'proxy.tracing is enabled without collector.endpoint and collector.meshIdentity.serviceAccountName',
  ]);
});

test('values of another shape are no values', () => {
  expect(read(['proxy'])).toMatchObject({ uid: 2102 });
  expect(read({ proxy: 'x', toString: 1 })).toMatchObject({ uid: 2102 });
});
