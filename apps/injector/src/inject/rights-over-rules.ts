/** Who may change the rules of redirection is held by them for as long as it likes. */
import type { ContainerView } from './pod-view.ts';

export const warnOfRights = ({ name, isPrivileged, capabilities }: ContainerView): readonly string[] => {
  if (isPrivileged) return [`container ${name} is privileged, so it can take its traffic around the proxy`];
  return capabilities.has('NET_ADMIN')
    ? [`container ${name} has NET_ADMIN, so it can take its traffic around the proxy`]
    : [];
};
