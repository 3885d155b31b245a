/** A Service that is about to be made: only its opaque ports are written down. */

import type { PatchOperation } from '@heddle/admission';
import type { InstallConfig } from './install-config.ts';
import { serviceOpaquePorts } from './opaque-ports.ts';
import type { NamespaceView } from './outcome.ts';
import { addEntries } from './patch.ts';
import type { ServiceView } from './service-view.ts';

export const annotateService = (
  service: ServiceView,
  namespace: NamespaceView,
  install: InstallConfig,
): readonly PatchOperation[] => {
  const opaquePorts = serviceOpaquePorts(service, namespace.annotations, install.settings.opaquePorts);
  return addEntries('/metadata/annotations', service.annotations, opaquePorts);
};
