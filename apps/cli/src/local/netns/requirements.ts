/** What isolation by namespaces needs of the machine, asked before anything is made. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { applicationUser, asUser, proxyUser } from './users.ts';

export interface NeededFiles {
  /** Read by the proxies' user. */
  readonly proxyBundle: string;
  readonly proxyAddon: string;
  /** Read by the applications' user. */
  readonly dir: string;
}

/** What is missing, one sentence each, with what to do. */
export const missingForNamespaces = (files: NeededFiles): string[] => {
  if (process.getuid?.() !== 0) return ['making network namespaces takes root; use sudo'];
  const tools = [
    ['ip', '-V', 'iproute2'],
    ['nsenter', '--version', 'util-linux'],
    ['setpriv', '--version', 'util-linux'],
    ['unshare', '--version', 'util-linux'],
    ['iptables', '--version', 'iptables'],
    ['ip6tables', '--version', 'iptables'],
    ['sysctl', '--version', 'procps'],
  ] as const;
  const missing = tools
    .filter(([program, flag]) => spawnSync(program, [flag]).status !== 0)
    .map(([program, , source]) => `it needs ${program}; install ${source}`);
  if (missing.length > 0) return missing;
  // In a container, root may be allowed neither to make namespaces nor to mount their names.
  const refused = ['iptables', 'ip6tables'].flatMap((program) => {
    const { status, stderr } = spawnSync('unshare', ['-nm', program, '-t', 'nat', '-L'], { encoding: 'utf8' });
    return status === 0 ? [] : [`this system does not let it redirect in a network namespace: ${stderr.trim()}`];
  });
  if (refused.length > 0) return refused;
  if (!existsSync(files.proxyAddon)) {
    return [`${files.proxyAddon} is missing; run \`pnpm build\` on a machine with a C compiler`];
  }
  const application = applicationUser(process.env);
  const unreadable = (user: typeof proxyUser, path: string): string[] => {
    const [program, ...args] = asUser(user, ['test', '-r', path]);
    return spawnSync(program, args).status === 0
      ? []
      : [`user ${user.uid} cannot read ${path}; make it and its folders readable, or use a copy elsewhere`];
  };
  return [
    ...[process.execPath, files.proxyBundle, files.proxyAddon].flatMap((path) => unreadable(proxyUser, path)),
    ...[process.execPath, files.dir].flatMap((path) => unreadable(application, path)),
  ];
};
