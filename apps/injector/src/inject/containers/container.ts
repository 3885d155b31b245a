/** The parts of a container (core/v1) that injected ones are made of. */
import type { EnvironmentVariable } from '../settings/environment-list.ts';

export interface InjectedContainer {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly restartPolicy?: 'Always';
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
  readonly startupProbe?: object;
  readonly lifecycle?: object;
  readonly resources?: object;
  readonly securityContext?: object;
  readonly terminationMessagePolicy: 'FallbackToLogsOnError';
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: true }[];
}

/** A name that has a tag or digest says it all; others get the version. */
export const imageReference = (name: string, version: string): string =>
  /:[^/]+$/.test(name) ? name : `${name}:${version}`;
