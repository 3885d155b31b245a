/**
 * Runs this very command again inside a mesh's namespace of its own, waits for it, and removes everything that was made
 * in its name, however it ended. What an earlier command could not remove, because it was killed, is removed first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createMeshNamespace, meshFiles, meshNameOf, removeAbandonedMeshes, removeMesh } from './mesh-namespace.ts';
import { namespacePath } from './tools.ts';

/** Tells the inner command the name of its mesh. */
const variable = 'HEDDLE_LOCAL_MESH';

/** The mesh that this process was started in, if it was. */
export const enteredMesh = (): string | undefined => process.env[variable];

/** The exit code of the inner command; `say` hears what was cleaned up. */
export const enterMesh = async (say: (text: string) => void): Promise<number> => {
  for (const abandoned of removeAbandonedMeshes()) say(`removed what a killed mesh left behind: ${abandoned}`);
  const mesh = meshNameOf(process.pid);
  try {
    createMeshNamespace(mesh);
    const command = [`--net=${namespacePath(mesh)}`, '--', 'setpriv', '--pdeathsig=TERM', '--'];
    const child = spawn('nsenter', [...command, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
      stdio: 'inherit',
      env: { ...process.env, [variable]: mesh },
      // Ctrl-C reaches this process only, which passes it on once.
      detached: true,
    });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    process.off('SIGINT', pass).off('SIGTERM', pass);
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    removeMesh(mesh);
  }
};

/** For people: how to reach a mesh in namespaces from outside it. */
export const meshNamespaceNote = (mesh: string): string =>
  `each workload has a network namespace of its own; from outside use: ip netns exec ${mesh} curl …; its files for the proxies are in ${meshFiles(mesh)}`;
