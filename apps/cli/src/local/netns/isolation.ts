/** Isolation by network namespaces, as the supervisor uses it: it runs in the mesh's namespace itself. */
import { chown, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isolation } from '../isolation.ts';
import type { PlannedWorkload } from '../plan.ts';
import { namespaceAddresses, outsiderAddress } from './addresses.ts';
import { meshFiles } from './mesh-namespace.ts';
import { applicationUser, asUserIn, proxyUser } from './users.ts';
import { createWorkloadNamespace } from './workload-namespace.ts';

/** `mesh`: name of the mesh's namespace; `initCommand`: how apps/init is run. */
export const namespaceIsolation = (mesh: string, initCommand: readonly [string, ...string[]]): Isolation => {
  const namespaceOf = (workload?: PlannedWorkload): string =>
    workload === undefined ? mesh : `${mesh}-${workload.index}`;
  const application = applicationUser(process.env);
  return {
    kind: 'netns',
    namespaceOf,
    takeAddresses: async () => namespaceAddresses,
    prepare: async (workload) =>
      createWorkloadNamespace({
        mesh,
        namespace: namespaceOf(workload),
        address: workload.address,
        gateway: namespaceAddresses.supervisor,
        initCommand,
      }),
    handOver: async (workload, files) => {
      // Only the last folder is closed to others: the proxies' user must come through the rest.
      await mkdir(meshFiles(mesh), { recursive: true, mode: 0o755 });
      const folder = join(meshFiles(mesh), workload.config.name);
      const given = { tokenFile: join(folder, 'token'), identityDir: join(folder, 'identity') };
      await mkdir(given.identityDir, { recursive: true, mode: 0o700 });
      await copyFile(files.tokenFile, given.tokenFile);
      for (const path of [folder, given.identityDir, given.tokenFile]) await chown(path, proxyUser.uid, proxyUser.gid);
      return given;
    },
    asProxy: (workload, command) => asUserIn(namespaceOf(workload), proxyUser, command),
    asApplication: (workload, command) => asUserIn(namespaceOf(workload), application, command),
    outsider: () => outsiderAddress,
  };
};
