/** The volumes of an injected pod, and where the containers see them. */

import type { Settings } from '../settings/definitions.ts';
import { podInfoDir } from '../tracing.ts';

export interface InjectedVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: object;
  readonly downwardAPI?: object;
}

/** Holds the proxy's key, so it is memory that nobody else mounts. */
export const identityVolume = 'linkerd-identity-end-entity';
export const tokenVolume = 'linkerd-identity-token';
/** Where iptables takes its lock. */
export const lockVolume = 'linkerd-proxy-init-xtables-lock';
export const podInfoVolume = 'linkerd-podinfo';

export const identityDir = '/var/run/linkerd/identity/end-entity';
export const tokenDir = '/var/run/secrets/tokens';
export const lockDir = '/run';

/** Tokens are made for identity alone, and good for a day (wire §5.1). */
const tokenSource = { audience: 'identity.l5d.io', expirationSeconds: 86_400, path: 'linkerd-identity-token' };

export const volumesOf = (settings: Settings): readonly InjectedVolume[] => [
  ...(settings.isCniEnabled ? [] : [{ name: lockVolume, emptyDir: {} }]),
  { name: tokenVolume, projected: { sources: [{ serviceAccountToken: tokenSource }] } },
  { name: identityVolume, emptyDir: { medium: 'Memory' } },
  ...(settings.isTraced ? [{ name: podInfoVolume, downwardAPI: { items: [labelsFile] } }] : []),
];

const labelsFile = { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } };

/** Of the proxy. */
export const proxyMounts = (settings: Settings) => [
  { name: identityVolume, mountPath: identityDir },
  { name: tokenVolume, mountPath: tokenDir, readOnly: true as const },
  ...(settings.isTraced ? [{ name: podInfoVolume, mountPath: podInfoDir, readOnly: true as const }] : []),
];
