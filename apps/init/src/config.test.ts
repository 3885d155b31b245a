import { ConfigError } from '@heddle/runtime';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const redirect = (...args: readonly string[]) => {
  const config = readConfig(args);
  if (config.kind !== 'redirect') throw new Error(config.kind);
  return config;
};

test('without flags: the mesh defaults, both families, any mode', () => {
  expect(redirect()).toEqual({
    kind: 'redirect',
    action: 'install',
    simulate: false,
    netns: undefined,
    plan: {
      options: {
        incomingProxyPort: 4143,
        outgoingProxyPort: 4140,
        proxyUid: 2102,
        proxyGid: undefined,
        inboundPortsToIgnore: [],
        outboundPortsToIgnore: [],
        portsToRedirect: [],
        subnetsToIgnore: [],
      },
      families: ['ipv4', 'ipv6'],
      mode: undefined,
      wait: false,
      closeWaitSeconds: undefined,
    },
  });
});

test('flags in the forms that manifests use', () => {
  const { plan, netns, simulate, action } = redirect(
    ...'-p 15006 -o 15001 -u 1337 --proxy-gid=1338 -w --ipv6=false --simulate --cleanup'.split(' '),
    ...'--inbound-ports-to-ignore 4190,4191,4567-4568 --outbound-ports-to-ignore=443 -r 80,8000-8099'.split(' '),
    ...'--subnets-to-ignore 10.0.0.0/8,fd00::/8 --iptables-mode legacy --netns /proc/7/ns/net'.split(' '),
    '--timeout-close-wait-secs=3600',
  );
  expect({ netns, simulate, action }).toEqual({ netns: '/proc/7/ns/net', simulate: true, action: 'cleanup' });
  expect(plan).toMatchObject({ families: ['ipv4'], mode: 'legacy', wait: true, closeWaitSeconds: 3600 });
  expect(plan.options).toMatchObject({
    incomingProxyPort: 15_006,
    outgoingProxyPort: 15_001,
    proxyUid: 1337,
    proxyGid: 1338,
    inboundPortsToIgnore: [
      { first: 4190, last: 4190 },
      { first: 4191, last: 4191 },
      { first: 4567, last: 4568 },
    ],
    outboundPortsToIgnore: [{ first: 443, last: 443 }],
    portsToRedirect: [
      { first: 80, last: 80 },
      { first: 8000, last: 8099 },
    ],
  });
  expect(plan.options.subnetsToIgnore).toHaveLength(2);
});

test('every mistake is told at once', () => {
  const mistakes = '--proxy-uid root --ports 80 --inbound-ports-to-ignore 9-1 -p 4140 --netns --simulate';
  let thrown: unknown;
  try {
    readConfig(['repair', ...mistakes.split(' ')]);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConfigError);
  const { errors } = thrown as ConfigError;
  for (const said of [
    /--ports is no flag/,
    /no such command/,
    /--proxy-uid="root" is not a whole number/,
    /--inbound-ports-to-ignore="9-1" is not .* a port or a range/,
    /--netns needs a value/,
    /must differ/,
  ]) {
    expect(errors).toContainEqual(expect.stringMatching(said));
  }
});

describe('validate', () => {
  test.each([
    [[], ['1.1.1.1', 'fd00::1'], 10_000],
    [['--ipv6=false', '--timeout', '500ms'], ['1.1.1.1'], 500],
    [['--connect-addr', '192.0.2.1:80'], ['192.0.2.1'], 10_000],
  ])('%j', (args, hosts, timeoutMs) => {
    const config = readConfig(['validate', ...args]);
    expect(config).toMatchObject({ kind: 'validate', validation: { outgoingProxyPort: 4140, timeoutMs } });
    expect(config.kind === 'validate' && config.validation.targets.map(({ host }) => host)).toEqual(hosts);
  });
});

test('help lists every flag', () => {
  const config = readConfig(['--help']);
  expect(config.kind === 'help' && config.text).toMatch(/--incoming-proxy-port[^]*--timeout-close-wait-secs/);
});
