/** What to do about a tool that failed, by what it said. */

const byMessage: readonly (readonly [RegExp, string])[] = [
  [
    /permission denied|operation not permitted|you must be root|read-only file system/i,
    'the init container needs the capabilities NET_ADMIN and NET_RAW (securityContext.capabilities.add), and privileged for sysctls; outside Kubernetes run it as root',
  ],
  [
    /xtables lock|another app is currently holding/i,
    'another process is changing the rules; try again, or wait for it with --use-wait-flag',
  ],
  [
    /table .*does not exist|can't initialize|protocol not supported|no chain\/target\/match|extension .* not supported|module/i,
    'the kernel lacks what this mode needs; choose another with --iptables-mode (nft, plain, legacy), or load the modules on the node (nf_tables or ip_tables, nf_nat, xt_REDIRECT, xt_owner, xt_multiport, xt_comment; ip6_tables for IPv6). Where IPv6 is not to be captured, --ipv6=false leaves it uncaught',
  ],
  [/\/ns\/|netns|reassociate/i, 'check that --netns names the network namespace of a running process'],
];

/** `code`: of the failed child process, `ENOENT` when there is no such program. */
export const adviceFor = (code: string | number | null | undefined, said: string, program: string): string => {
  const isMissing = code === 'ENOENT' || /failed to execute|exec of .* failed|no such file or directory/i.test(said);
  if (isMissing && !/\/ns\/|cannot open/i.test(said)) {
    return `${program} is not installed here: use an image that has it (Debian's packages iptables, procps and util-linux), or choose another --iptables-mode`;
  }
  return byMessage.find(([pattern]) => pattern.test(said))?.[1] ?? 'nothing was changed by this command';
};
