/**
 * `pnpm e2e`: the mesh on a real cluster. Makes the images, gets a cluster, installs by Helm as the documentation says,
 * runs the scenarios of e2e/cluster, and puts everything back.
 */
import { parseArgs } from 'node:util';
import { removing, scenarioFiles, scenarios, smoke } from '../../e2e/cluster/scenarios.ts';
import { existingCluster, kindCluster } from './cluster.ts';
import { install, uninstall } from './install.ts';
import { run, say, succeeds } from './run.ts';

const usage = `usage: pnpm e2e [options] [SCENARIO...]
  SCENARIO...        files of e2e/cluster without .test.ts; all when none is named
  --smoke            the few that tell most in little time: ${smoke.join(', ')}
  --kubeconfig FILE  a cluster that exists; without, one is made by kind (kind-config.yaml) and deleted again
  --load COMMAND     brings an archive of images into that cluster; the archive's name is put behind. Without, the
                     images must be there, or in a registry that the cluster can reach
  --installed        use the mesh that is installed, and leave it
  --keep             leave the mesh installed, and a cluster that was made here running
HEDDLE_KIND_IMAGE names another node image for kind.
`;

const { values, positionals } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    kubeconfig: { type: 'string' },
    load: { type: 'string' },
    installed: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const main = async (): Promise<number> => {
  // What is installed stays, unless its removal is asked for by name.
  const stays = (name: string): boolean => (values.installed || values.keep) && removing.includes(name);
  const several = (values.smoke ? smoke : scenarios).filter((name) => !stays(name));
  const files = scenarioFiles(positionals.length === 0 ? several : positionals);
  const cluster = values.kubeconfig === undefined ? kindCluster() : existingCluster(values.kubeconfig, values.load);
  try {
    if (!values.installed) {
      run('node', ['scripts/images/main.ts']);
      cluster.start();
      cluster.loadImages();
      const seconds = await install(cluster.kubeconfig);
      say(`installed: all pods of the control plane ready after ${seconds.toFixed(1)} s`);
    }
    const env = { ...process.env, HEDDLE_E2E_KUBECONFIG: cluster.kubeconfig };
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'cluster', ...files];
    return succeeds('node', vitest, { env }) ? 0 : 1;
  } finally {
    if (!values.installed && !values.keep) {
      if (cluster.isOurs) cluster.stop();
      else uninstall(cluster.kubeconfig);
    }
  }
};

if (values.help) process.stdout.write(usage);
else process.exitCode = await main();
