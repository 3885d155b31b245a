/** Real rules in real network namespaces: who is reached, in both directions, by whom, for both families. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingCapabilities, NetworkNamespaces } from './testing/network-namespaces.ts';

const initMain = join(import.meta.dirname, 'main.ts');
const addon = join(import.meta.dirname, '../../../packages/transport/dist/original-destination.node');
const missing = [...missingCapabilities(), ...(existsSync(addon) ? [] : ['the native addon (pnpm build)'])];

const flags = [
  ['--inbound-ports-to-ignore', '4190,4191,9090,9100-9105'],
  ['--outbound-ports-to-ignore', '3306'],
  ['--subnets-to-ignore', '10.9.0.96/28,fd77::99/128'],
  ['--proxy-gid', '2103'],
].flat();

/** What the injector gives its init container, but for the mode, which a test chooses. */
const injectedArguments = (): readonly string[] => {
  const golden = readFileSync(
    join(import.meta.dirname, '../../injector/src/inject/golden/deployment.golden.json'),
    'utf8',
  );
  const args = /"args": (\[[^\]]*\])/.exec(golden)?.[1] ?? '[]';
  const [, , ...rest] = JSON.parse(args) as readonly string[];
  return rest;
};

const proxyUser = 2102;
const proxyGroup = 2103;
const application = 1000;

describe.skipIf(missing.length > 0)(`redirection (needs ${missing.join(', ') || 'nothing this machine lacks'})`, () => {
  describe.each(['nft', 'plain', 'legacy'])('mode %s', (mode) => {
    let net: NetworkNamespaces;

    beforeAll(async () => {
      net = NetworkNamespaces.create();
      await Promise.all([
        net.answer(net.pod, 'application', '8080,9090,9102,9106', addon),
        net.answer(net.peer, 'peer', '8080,3306'),
      ]);
      const ran = net.initFromOutside('--iptables-mode', mode, ...flags);
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(ran.stdout).toContain('UDP (QUIC and DNS included)');
    });
    afterAll(() => net[Symbol.asyncDispose]());

    const reached = (from: 'pod' | 'peer', user: number, group: number, table: Readonly<Record<string, string>>) => {
      const targets = Object.keys(table);
      const answers = net.dial(net[from], user, group, targets);
      expect(Object.fromEntries(targets.map((target, index) => [target, answers[index]]))).toEqual(table);
    };

    test('what comes in goes to the inbound proxy, but for ignored ports, ranges and subnets, and UDP', () => {
      reached('peer', 0, 0, {
        'tcp:10.9.0.2/8080': 'inbound 10.9.0.2 8080',
        'tcp:fd77::2/8080': 'inbound fd77::2 8080',
        'tcp:::ffff:10.9.0.2/8080': 'inbound 10.9.0.2 8080',
        // A port that nobody listens on is the proxy's to refuse.
        'tcp:10.9.0.2/4444': 'inbound 10.9.0.2 4444',
        'tcp:fd77::2/4444': 'inbound fd77::2 4444',
        'tcp:10.9.0.2/4143': 'inbound 10.9.0.2 4143',
        'tcp:10.9.0.2/4140': 'inbound 10.9.0.2 4140',
        'tcp:10.9.0.2/9090': 'application',
        'tcp:fd77::2/9090': 'application',
        'tcp:10.9.0.2/9102': 'application',
        'tcp:fd77::2/9102': 'application',
        'tcp:10.9.0.2/9106': 'inbound 10.9.0.2 9106',
        'tcp:10.9.0.2/8080/10.9.0.99': 'application',
        'tcp:fd77::2/8080/fd77::99': 'application',
        'udp:10.9.0.2/8080': 'application',
        'udp:fd77::2/8080': 'application',
      });
    });

    test('what the application sends goes to the outbound proxy, but for ignored ports, loopback and UDP', () => {
      const table = {
        'tcp:10.9.0.1/8080': 'outbound 10.9.0.1 8080',
        'tcp:fd77::1/8080': 'outbound fd77::1 8080',
        'tcp:::ffff:10.9.0.1/8080': 'outbound 10.9.0.1 8080',
        'tcp:10.96.0.10/80': 'outbound 10.96.0.10 80',
        'tcp:fd96::10/80': 'outbound fd96::10 80',
        'tcp:10.9.0.1/3306': 'peer',
        'tcp:fd77::1/3306': 'peer',
        'tcp:127.0.0.1/8080': 'application',
        'tcp:::1/8080': 'application',
        'tcp:10.9.0.2/8080': 'application',
        'tcp:fd77::2/8080': 'application',
        'udp:10.9.0.1/8080': 'peer',
        'udp:fd77::1/8080': 'peer',
      };
      reached('pod', application, application, table);
      // Root is nobody special: a container that runs as root is redirected too.
      reached('pod', 0, 0, table);
    });

    test.each([
      ['user', proxyUser, application],
      ['group', application, proxyGroup],
    ])("what the proxy's %s sends is left alone, so it never meets itself", (_, user, group) => {
      reached('pod', user, group, { 'tcp:10.9.0.1/8080': 'peer', 'tcp:fd77::1/8080': 'peer' });
    });
  });

  describe('the rules themselves', () => {
    let net: NetworkNamespaces;
    beforeAll(() => {
      net = NetworkNamespaces.create();
    });
    afterAll(() => net[Symbol.asyncDispose]());

    test.each([
      ['nft', 'iptables-nft', 'ip6tables-nft'],
      ['legacy', 'iptables-legacy', 'ip6tables-legacy'],
    ])('%s: the same after a second run, changed by other flags, and gone after cleanup', (mode, v4, v6) => {
      const rules = (): string[][] => [v4, v6].map((tool) => net.natRules(tool));
      // Somebody else's rules, before ours: a chain, and a jump of theirs.
      net.run(net.pod, v4, '-t', 'nat', '-N', 'THEIRS');
      net.run(net.pod, v4, '-t', 'nat', '-A', 'OUTPUT', '-p', 'udp', '-j', 'THEIRS');
      const before = rules();

      expect(net.init('--iptables-mode', mode, ...flags).status).toBe(0);
      const first = rules();
      expect(first.map((table) => table.filter((rule) => rule.includes('PROXY_INIT')).length)).toEqual([12, 12]);
      expect(net.init('--iptables-mode', mode, ...flags).status).toBe(0);
      expect(rules()).toEqual(first);

      expect(net.init('--iptables-mode', mode).status).toBe(0);
      const [changed = []] = rules();
      expect(changed.filter((rule) => rule.startsWith('-A') && rule.includes('PROXY_INIT'))).toHaveLength(6);
      expect(changed).not.toContainEqual(expect.stringContaining('9090'));

      // Without a mode: every mode's rules go.
      expect(net.init('--cleanup').status).toBe(0);
      expect(rules()).toEqual(before);
      expect(net.init('--cleanup').stdout).toContain('there were no rules to remove');
    });

    test('a simulation prints the commands and changes nothing', () => {
      const before = net.natRules('iptables-nft');
      const ran = net.init('--simulate', ...flags);
      expect(ran.status).toBe(0);
      expect(ran.stdout.match(/^ip6?tables-nft-restore .*$/gm)).toHaveLength(2);
      expect(ran.stdout).toContain('-j REDIRECT --to-ports 4143');
      expect(net.natRules('iptables-nft')).toEqual(before);
    });

    test.each(['nft', 'legacy', 'plain'])(
      'as the injected container runs it, mode %s: no root, two capabilities, a read-only file system',
      (mode) => {
        const tools = mode === 'plain' ? ['iptables', 'ip6tables'] : [`iptables-${mode}`, `ip6tables-${mode}`];
        const ours = (): number[] =>
          tools.map((tool) => net.natRules(tool).filter((rule) => rule.includes('PROXY_INIT')).length);
        expect(ours()).toEqual([0, 0]);
        // The arguments are those of a golden file of the injector.
        const ran = net.initAsContainer('--iptables-mode', mode, ...injectedArguments());
        expect(ran).toMatchObject({ status: 0, stderr: '' });
        expect(ours()).toEqual([10, 10]);
        expect(net.initAsContainer('--iptables-mode', mode, '--cleanup').status).toBe(0);
        expect(ours()).toEqual([0, 0]);
      },
    );

    test('without privileges it fails, and says which command did, what it said and what to give it', () => {
      const ran = net.run(net.pod, 'setpriv', '--reuid', '65534', '--clear-groups', process.execPath, initMain);
      expect(ran.status).toBe(1);
      expect(ran.stdout).toMatch(/iptables-nft-save -t nat failed: .*denied.*NET_ADMIN and NET_RAW/);
    });
  });

  describe('the validator', () => {
    let net: NetworkNamespaces;
    beforeAll(() => {
      net = NetworkNamespaces.create();
    });
    afterAll(() => net[Symbol.asyncDispose]());

    const validate = () => net.init('validate', '--timeout', '2s');

    test('fails with 95 while there are no rules, or rules for one family only; passes with both', () => {
      expect(validate().status).toBe(95);
      net.init('--ipv6=false');
      const half = validate();
      expect(half.status).toBe(95);
      // The peer has no route to the first; once it has said so (the kernel limits how often), the second is tried.
      expect(half.stdout).toMatch(/pass around the proxy: a connection to fd(00::1|77::3) port 20001 did not come/);
      net.init();
      expect(validate()).toMatchObject({ status: 0, stderr: '' });
    });

    test('finds out where there is no way out of the own network, too', () => {
      net.init();
      net.run(net.pod, 'ip', 'route', 'delete', 'default');
      net.run(net.pod, 'ip', '-6', 'route', 'delete', 'default');
      const redirected = validate();
      expect(redirected.status).toBe(0);
      expect(redirected.stdout).toContain('10.9.0.3 port 20001');
      net.init('--cleanup');
      expect(validate().status).toBe(95);
    });

    test("fails as the proxy's own user, and where another program holds the port", async () => {
      net.init();
      const asProxy = net.run(net.pod, 'setpriv', '--reuid', '2102', process.execPath, initMain, 'validate');
      expect(asProxy.status).toBe(95);
      await net.answer(net.pod, 'somebody', '4140');
      const taken = validate();
      expect(taken.status).toBe(95);
      expect(taken.stdout).toContain('cannot listen on port 4140: EADDRINUSE');
    });
  });
});
