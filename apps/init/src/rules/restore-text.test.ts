/** The rules of wire section 11.1, as the text that the kernel's tools are given. */
import { orThrow, parseNetwork } from '@heddle/names';
import { expect, test } from 'vitest';
import { cleanupText, installText } from './restore-text.ts';
import { type IpFamily, type RedirectOptions, ruleSetOf } from './rule-set.ts';
import { hasUnconditionalJump, parseSavedNat } from './saved-rules.ts';

const defaults: RedirectOptions = {
  incomingProxyPort: 4143,
  outgoingProxyPort: 4140,
  proxyUid: 2102,
  proxyGid: undefined,
  inboundPortsToIgnore: [],
  outboundPortsToIgnore: [],
  portsToRedirect: [],
  subnetsToIgnore: [],
};
const nothing = parseSavedNat('');

/** The rules of the chain, without comments. */
const rulesOf = (options: Partial<RedirectOptions>, chain: string, family: IpFamily = 'ipv4'): string[] =>
  installText(ruleSetOf({ ...defaults, ...options }, family), nothing)
    .split('\n')
    .filter((line) => line.startsWith(`-A ${chain} `))
    .map((line) => line.slice(chain.length + 4).replace(/-m comment --comment "[^"]*" /, ''));

test('everything, in the order in which the kernel is to try it', () => {
  const options: RedirectOptions = {
    ...defaults,
    proxyGid: 2103,
    inboundPortsToIgnore: [4190, 4191].map((port) => ({ first: port, last: port })),
    outboundPortsToIgnore: [{ first: 4567, last: 4568 }],
    subnetsToIgnore: ['10.0.0.0/8', 'fd00::/8'].map((text) => orThrow(parseNetwork(text))),
  };
  expect(installText(ruleSetOf(options, 'ipv4'), nothing)).toBe(`*nat
:PROXY_INIT_REDIRECT - [0:0]
:PROXY_INIT_OUTPUT - [0:0]
-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports 4190,4191 -m comment --comment "proxy-init/ignore-port-4190,4191" -j RETURN
-A PROXY_INIT_REDIRECT -s 10.0.0.0/8 -m comment --comment "proxy-init/ignore-subnet-10.0.0.0/8" -j RETURN
-A PROXY_INIT_REDIRECT -p tcp -m comment --comment "proxy-init/redirect-all-incoming-to-proxy-port" -j REDIRECT --to-ports 4143
-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -m comment --comment "proxy-init/ignore-proxy-user-id" -j RETURN
-A PROXY_INIT_OUTPUT -m owner --gid-owner 2103 -m comment --comment "proxy-init/ignore-proxy-group-id" -j RETURN
-A PROXY_INIT_OUTPUT -o lo -m comment --comment "proxy-init/ignore-loopback" -j RETURN
-A PROXY_INIT_OUTPUT -p tcp -m multiport --dports 4567:4568 -m comment --comment "proxy-init/ignore-port-4567:4568" -j RETURN
-A PROXY_INIT_OUTPUT -p tcp -m comment --comment "proxy-init/redirect-all-outgoing-to-proxy-port" -j REDIRECT --to-ports 4140
-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT
-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT
COMMIT
`);
  expect(rulesOf(options, 'PROXY_INIT_REDIRECT', 'ipv6')[1]).toBe('-s fd00::/8 -j RETURN');
});

test('explicit ports to redirect: one rule each, and none for the rest', () => {
  const portsToRedirect = [
    { first: 80, last: 80 },
    { first: 8000, last: 8099 },
  ];
  expect(rulesOf({ portsToRedirect }, 'PROXY_INIT_REDIRECT')).toEqual([
    '-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 4143',
    '-p tcp -m tcp --dport 8000:8099 -j REDIRECT --to-ports 4143',
  ]);
});

test('user 0 is never exempt: that would exempt every container that runs as root', () => {
  expect(rulesOf({ proxyUid: 0 }, 'PROXY_INIT_OUTPUT')[0]).toBe('-o lo -j RETURN');
});

const saved = (...rules: readonly string[]) =>
  parseSavedNat(
    `*filter\n:INPUT ACCEPT [0:0]\n-A OUTPUT -j PROXY_INIT_OUTPUT\nCOMMIT\n*nat\n:OUTPUT ACCEPT [1:60]\n:PROXY_INIT_OUTPUT - [0:0]\n${rules.join('\n')}\nCOMMIT\n`,
  );

test.each([
  ['-A OUTPUT -j PROXY_INIT_OUTPUT', true],
  ['-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT', true],
  ['-A OUTPUT -m comment --comment plain -j PROXY_INIT_OUTPUT', true],
  // These let something pass, so a jump must be added all the same.
  ['-A OUTPUT -p udp -j PROXY_INIT_OUTPUT', false],
  ['-A OUTPUT -m comment --comment "x" -o eth1 -j PROXY_INIT_OUTPUT', false],
  ['-A PREROUTING -j PROXY_INIT_OUTPUT', false],
  ['-A OUTPUT -j PROXY_INIT_OUTPUT_OTHER', false],
])('%s jumps for every packet: %s', (rule, expected) => {
  const current = saved(rule);
  expect(hasUnconditionalJump(current, 'OUTPUT', 'PROXY_INIT_OUTPUT')).toBe(expected);
  const added = installText(ruleSetOf(defaults, 'ipv4'), current).includes('install-proxy-init-output');
  expect(added).toBe(!expected);
});

test('cleanup takes every jump to our chains, wherever it is, then the chains, and nothing else', () => {
  const theirs = '-A OUTPUT -p udp -j THEIRS';
  const text = cleanupText(saved(theirs, '-A OUTPUT -j PROXY_INIT_OUTPUT', '-A THEIRS -p tcp -j PROXY_INIT_OUTPUT'));
  expect(text?.split('\n')).toEqual([
    '*nat',
    '-D OUTPUT -j PROXY_INIT_OUTPUT',
    '-D THEIRS -p tcp -j PROXY_INIT_OUTPUT',
    '-F PROXY_INIT_OUTPUT',
    '-X PROXY_INIT_OUTPUT',
    'COMMIT',
    '',
  ]);
  expect(cleanupText(parseSavedNat(`*nat\n:OUTPUT ACCEPT [0:0]\n${theirs}\nCOMMIT`))).toBeUndefined();
});
