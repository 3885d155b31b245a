/** Rules about several settings at once. */
import type { Settings } from './definitions.ts';
import { isLinkerdsProxy } from './linkerd-only.ts';
import type { Quantity } from './quantity.ts';

/** What is wrong, and how to mend it. */
export const checkSettings = (settings: Settings): readonly string[] => [
  ...samePorts(settings),
  ...beyondLimit('cpu', settings.cpuRequest, settings.cpuLimit),
  ...beyondLimit('memory', settings.memoryRequest, settings.memoryLimit),
  ...beyondLimit('ephemeral-storage', settings.storageRequest, settings.storageLimit),
  ...(settings.closeWaitTimeoutSeconds > 0 && !settings.isInitRoot && !settings.isCniEnabled
    ? ['close-wait-timeout changes a setting of the kernel: install with proxyInit.runAsRoot=true, or remove it']
    : []),
  ...(settings.isMeshRequired && isLinkerdsProxy(settings)
    ? [
        "mesh-required is unknown to Linkerd's proxy, which would send in clear what must not be; remove it, or leave proxy-image to the install",
      ]
    : []),
];

const samePorts = ({ inboundPort, outboundPort, adminPort, controlPort }: Settings): readonly string[] => {
  const named = { 'inbound-port': inboundPort, 'outbound-port': outboundPort, 'admin-port': adminPort };
  const seen = new Map<number, string>([[controlPort, 'control-port']]);
  const problems: string[] = [];
  for (const [name, port] of Object.entries(named)) {
    const other = seen.get(port);
    if (other !== undefined)
      problems.push(`${other} and ${name} are both ${port}; give the proxy four different ports`);
    seen.set(port, name);
  }
  return problems;
};

const beyondLimit = (
  resource: string,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): readonly string[] =>
  request !== undefined && limit !== undefined && request.amount > limit.amount
    ? [`proxy-${resource}-request ${request.text} is more than proxy-${resource}-limit ${limit.text}`]
    : [];
