/** What injected containers may use. The redirecting container gets what the proxy gets: it runs before it, not beside it. */
import type { Settings } from '../settings/definitions.ts';
import type { Quantity } from '../settings/quantity.ts';

/** Nothing where nothing is set, so that a namespace's LimitRange can say. */
export const resourcesOf = (settings: Settings): { readonly resources?: object } => {
  const requests = amounts(settings.cpuRequest, settings.memoryRequest, settings.storageRequest);
  const limits = amounts(settings.cpuLimit, settings.memoryLimit, settings.storageLimit);
  if (requests === undefined && limits === undefined) return {};
  return { resources: { ...(requests && { requests }), ...(limits && { limits }) } };
};

const amounts = (
  cpu: Quantity | undefined,
  memory: Quantity | undefined,
  storage: Quantity | undefined,
): object | undefined =>
  cpu || memory || storage
    ? {
        ...(cpu && { cpu: cpu.text }),
        ...(memory && { memory: memory.text }),
        ...(storage && { 'ephemeral-storage': storage.text }),
      }
    : undefined;
