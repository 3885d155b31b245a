/** What is run, in which order, and what happens when a tool is missing or refuses. The tools themselves: see netns. */
import { expect, test } from 'vitest';
import { type Command, commandRunner, inNamespace, type RunCommand } from './command.ts';
import { installRedirection, type RedirectionPlan, removeRedirection } from './redirection.ts';
import { simulatingRunner } from './simulate.ts';

const plan: RedirectionPlan = {
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
};

/** Programs that match `broken` fail; the rest finds no rules, or `rules`. */
const machine = (broken: RegExp, rules = '') => {
  const ran: string[] = [];
  const run: RunCommand = async ({ program, args }) => {
    if (broken.test(program)) return { kind: 'failed', why: `${program} is broken` };
    ran.push([program, ...args].join(' '));
    return { kind: 'ok', stdout: program.endsWith('-save') ? rules : '' };
  };
  return { ran, run };
};

test.each([
  [/^$/, 'iptables-nft-restore'],
  [/-nft/, 'iptables-restore'],
  [/-nft|iptables-save|iptables-restore/, 'iptables-legacy-restore'],
])('the first mode that works is used: without %s, %s', async (broken, program) => {
  const { ran, run } = machine(broken);
  expect(await installRedirection(plan, run)).toMatchObject({ kind: 'done' });
  expect(ran.filter((command) => command.includes('restore'))).toEqual([
    `${program} --noflush`,
    `${program.replace('ip', 'ip6')} --noflush`,
  ]);
});

test('the lock is waited for, and the sysctl set, when asked', async () => {
  const { ran, run } = machine(/^$/);
  await installRedirection({ ...plan, wait: true, closeWaitSeconds: 60, families: ['ipv4'] }, run);
  expect(ran.slice(2)).toEqual([
    'iptables-nft-restore --noflush --wait',
    'sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=60',
  ]);
});

test.each([
  ['no mode works', /-save/, /iptables-nft-save is broken\niptables-save is broken\niptables-legacy-save is broken/],
  ['IPv6 rules cannot be read: nothing is changed at all', /ip6tables-nft-save/, /ip6tables-nft-save is broken/],
  ['rules cannot be made', /ip6tables-nft-restore/, /ip6tables-nft-restore is broken/],
])('it fails when %s', async (_, broken, why) => {
  const { ran, run } = machine(broken);
  expect(await installRedirection(plan, run)).toMatchObject({ kind: 'failed', why: expect.stringMatching(why) });
  if (broken.source.includes('save')) expect(ran.filter((command) => command.includes('restore'))).toEqual([]);
});

test('cleanup goes through every mode that can be read, and fails when none can', async () => {
  const rules = '*nat\n:PROXY_INIT_OUTPUT - [0:0]\nCOMMIT\n';
  const some = machine(/-nft/, rules);
  const outcome = await removeRedirection(plan, some.run);
  expect(outcome).toMatchObject({ kind: 'done', changes: { length: 4 } });
  expect(await removeRedirection(plan, machine(/-save/).run)).toMatchObject({ kind: 'failed' });
  expect(await removeRedirection(plan, machine(/-restore/, rules).run)).toMatchObject({ kind: 'failed' });
});

test('a simulation reads, prints and runs nothing else; unreadable rules count as none', async () => {
  const { ran, run } = machine(/ip6tables/);
  const printed: string[] = [];
  await installRedirection(
    plan,
    simulatingRunner(run, (command) => void printed.push(command)),
  );
  expect(ran.every((command) => command.includes('-save'))).toBe(true);
  expect(printed.map((text) => text.split('\n')[0])).toEqual([
    'iptables-nft-restore --noflush <<END',
    'ip6tables-nft-restore --noflush <<END',
  ]);
});

test('in a namespace, every command goes through nsenter, its arguments untouched', () => {
  const command: Command = { program: 'iptables-save', args: ['-t', 'nat; reboot'] };
  expect(inNamespace(command, '/proc/7/ns/net')).toEqual({
    program: 'nsenter',
    args: ['--net=/proc/7/ns/net', '--', 'iptables-save', '-t', 'nat; reboot'],
  });
});

test.each([
  ['a missing program', { program: 'iptables-absent', args: [] }, /iptables-absent failed: .*is not installed here/],
  [
    'a refused line of input',
    { program: 'sh', args: ['-c', 'echo "line 2 failed" >&2; exit 1'], input: '*nat\n-A OOPS\n' },
    /failed at "-A OOPS": line 2 failed/,
  ],
  [
    'a lack of privilege',
    { program: 'sh', args: ['-c', 'echo "Permission denied (you must be root)" >&2; exit 4'] },
    /Permission denied.*NET_ADMIN and NET_RAW/,
  ],
  [
    'a held lock',
    { program: 'sh', args: ['-c', 'echo "Another app is currently holding the xtables lock" >&2; exit 4'] },
    /--use-wait-flag/,
  ],
  [
    'a kernel without the table',
    { program: 'sh', args: ['-c', "echo \"can't initialize ip6tables table 'nat'\" >&2; exit 3"] },
    /--iptables-mode.*--ipv6=false/,
  ],
  [
    'a namespace that is not there',
    {
      program: 'sh',
      args: ['-c', 'echo "nsenter: cannot open /proc/7/ns/net: No such file or directory" >&2; exit 1'],
    },
    /check that --netns/,
  ],
] as const)('%s is told with the command, its words and what to do', async (_, command, why) => {
  expect(await commandRunner(undefined)(command)).toEqual({ kind: 'failed', why: expect.stringMatching(why) });
});
