/** Everything that the parts of an injection are made from. */
import type { InstallConfig } from './install-config.ts';
import type { NamespaceView, Owner } from './outcome.ts';
import type { PodView } from './pod-view.ts';
import type { Settings } from './settings/definitions.ts';

export interface InjectionContext {
  readonly pod: PodView;
  readonly namespace: NamespaceView;
  /** Undefined for a pod that nobody controls. */
  readonly owner: Owner | undefined;
  readonly install: InstallConfig;
  /** The pod's own. */
  readonly settings: Settings;
  /** Whether the proxy routes by what requests name rather than by where they go (`linkerd.io/inject: ingress`). */
  readonly isIngress: boolean;
}
