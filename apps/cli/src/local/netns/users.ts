/** Who runs what in a namespace: nobody there may change its rules, and only the proxy may pass them. */
import { namespacePath } from './tools.ts';

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The user that the redirect rules leave alone (wire section 4.2). */
export const proxyUser: User = { uid: 2102, gid: 2102 };
const nobody: User = { uid: 65_534, gid: 65_534 };

/** Whoever called sudo, since the files are probably theirs; nobody otherwise. Never root, never the proxy. */
export const applicationUser = (environment: Readonly<Record<string, string | undefined>>): User => {
  const [uid, gid] = [Number(environment['SUDO_UID'] ?? 0), Number(environment['SUDO_GID'] ?? 0)];
  return uid > 0 && gid > 0 && uid !== proxyUser.uid && gid !== proxyUser.gid ? { uid, gid } : nobody;
};

/** The command as `user`, without any capability and without a way to get one. */
export const asUser = (user: User, command: readonly string[]): [string, ...string[]] => [
  'setpriv',
  `--reuid=${user.uid}`,
  `--regid=${user.gid}`,
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--no-new-privs',
  // After the change of user, which clears it: whoever started this must not die alone.
  '--pdeathsig=TERM',
  '--',
  ...command,
];

/** The command as `user` in a network namespace; the process keeps its id on the way. */
export const asUserIn = (namespace: string, user: User, command: readonly string[]): [string, ...string[]] => [
  'nsenter',
  `--net=${namespacePath(namespace)}`,
  '--',
  ...asUser(user, command),
];
