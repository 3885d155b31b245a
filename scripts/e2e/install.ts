/** Installing and removing the mesh, by the commands that the documentation gives. */
import { run, succeeds } from './run.ts';

const namespace = 'linkerd';
const charts = 'deploy/charts';

/** Seconds from `helm install` of the control plane until all its pods are ready. */
export const install = async (kubeconfig: string): Promise<number> => {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  // Of an earlier run that did not come to its end.
  uninstall(kubeconfig);
  run('helm', ['install', 'heddle-crds', `${charts}/heddle-crds`, '-n', namespace, '--create-namespace', '--wait'], {
    env,
  });
  const startedAt = performance.now();
  run(
    'helm',
    ['install', 'heddle-control-plane', `${charts}/heddle-control-plane`, '-n', namespace, '--wait', '--timeout', '3m'],
    { env },
  );
  return (performance.now() - startedAt) / 1000;
};

export const uninstall = (kubeconfig: string): void => {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  for (const release of ['heddle-control-plane', 'heddle-crds']) {
    succeeds('helm', ['uninstall', release, '-n', namespace, '--wait', '--ignore-not-found'], { env });
  }
  succeeds('kubectl', ['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=60s'], { env });
};
