/** The network of one workload: a cable to the mesh's bridge, the rules of a pod, and nothing else. */
import { bridge } from './mesh-namespace.ts';
import { runTool, runToolIn } from './tools.ts';
import { applicationUser, proxyUser } from './users.ts';

export interface WorkloadNetwork {
  /** Name of the mesh's namespace. */
  readonly mesh: string;
  /** Name of the workload's. */
  readonly namespace: string;
  readonly address: string;
  /** The default route; addresses of Services go there, if redirection ever let them. */
  readonly gateway: string;
  /** Runs apps/init. */
  readonly initCommand: readonly [string, ...string[]];
}

/** The proxy's own ports, which are reached without redirection (wire section 11.1). */
const proxyPorts = '4190,4191';

export const createWorkloadNamespace = (network: WorkloadNetwork): void => {
  const { mesh, namespace, address, gateway, initCommand } = network;
  runTool('ip', 'netns', 'add', namespace);
  const port = `port${namespace.slice(namespace.lastIndexOf('-') + 1)}`;
  runToolIn(mesh, 'ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  runToolIn(mesh, 'ip', 'link', 'set', port, 'master', bridge, 'up');
  runToolIn(namespace, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
  // The rules come before the network does: there is no moment in which anything could pass.
  const [program, ...args] = initCommand;
  runToolIn(namespace, program, ...args, '--proxy-uid', `${proxyUser.uid}`, '--inbound-ports-to-ignore', proxyPorts);
  for (const tool of ['iptables', 'ip6tables']) runToolIn(namespace, tool, ...refuseAllButTcp());
  // As container runtimes do, so that the application's ports may be low ones.
  runToolIn(namespace, 'sysctl', '-qw', 'net.ipv4.ip_unprivileged_port_start=0');
  for (const link of ['lo', 'eth0']) runToolIn(namespace, 'ip', 'link', 'set', link, 'up');
  runToolIn(namespace, 'ip', 'route', 'add', 'default', 'via', gateway);
};

/** Redirection leaves UDP and its like alone; here, where no workload needs them, they do not leave at all. */
const refuseAllButTcp = (): string[] =>
  `-t filter -A OUTPUT ! -o lo ! -p tcp -m owner --uid-owner ${applicationUser(process.env).uid} -j REJECT`.split(' ');
