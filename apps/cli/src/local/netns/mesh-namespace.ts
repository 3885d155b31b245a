/**
 * The network of one mesh: a namespace with a bridge, where the supervisor and the control plane run, and whose other
 * namespaces are the workloads'. It has no way to any other network. Names tell which process made them, so that what a
 * killed one left behind is found and removed by the next.
 *
 *     heddle-PID                 heddle-PID-0            heddle-PID-1
 *     supervisor, control plane  authors, its proxy      books, its proxy
 *        mesh0 (bridge) ─────────── eth0 ─────────────────── eth0
 */
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { namespaceAddresses, outsiderAddress } from './addresses.ts';
import { namespaceFolder, runTool, runToolIn } from './tools.ts';

export const bridge = 'mesh0';
const filesRoot = '/run/heddle';
const nameForm = /^heddle-(\d+)-(\d+)(?:-\d+)?$/;

/** The name of the mesh that a process makes: its id, and when it started, since ids come again. */
export const meshNameOf = (pid: number): string => `heddle-${pid}-${startTimeOf(pid) ?? 0}`;

/** Files of the mesh that users other than root must reach, by name of the mesh. */
export const meshFiles = (mesh: string): string => join(filesRoot, mesh);

/** Makes the namespace and its bridge. */
export const createMeshNamespace = (mesh: string): void => {
  runTool('ip', 'netns', 'add', mesh);
  runToolIn(mesh, 'ip', 'link', 'set', 'lo', 'up');
  runToolIn(mesh, 'ip', 'link', 'add', bridge, 'type', 'bridge');
  const { identity, destination, supervisor } = namespaceAddresses;
  for (const address of [supervisor, identity, destination, outsiderAddress]) {
    runToolIn(mesh, 'ip', 'address', 'add', `${address}/24`, 'dev', bridge);
  }
  runToolIn(mesh, 'ip', 'link', 'set', bridge, 'up');
};

/** Removes every namespace and file of the mesh; what runs in them keeps running, without a network. Idempotent. */
export const removeMesh = (mesh: string): void => {
  for (const name of namespaceNames()) {
    if (name === mesh || name.startsWith(`${mesh}-`)) runTool('ip', 'netns', 'delete', name);
  }
  rmSync(meshFiles(mesh), { recursive: true, force: true });
  removeIfEmpty(filesRoot);
};

/** Removes what meshes left behind whose process is gone; their names. */
export const removeAbandonedMeshes = (): string[] => {
  const meshes = new Set<string>();
  for (const name of [...namespaceNames(), ...list(filesRoot)]) {
    const match = nameForm.exec(name);
    if (match !== null && startTimeOf(Number(match[1])) !== match[2]) meshes.add(`heddle-${match[1]}-${match[2]}`);
  }
  for (const mesh of meshes) {
    for (const pid of processesIn(mesh)) endProcess(pid);
    removeMesh(mesh);
  }
  return [...meshes];
};

const namespaceNames = (): string[] => list(namespaceFolder);

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); undefined when there is no such process. */
const startTimeOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

const processesIn = (mesh: string): number[] =>
  namespaceNames()
    .filter((name) => name === mesh || name.startsWith(`${mesh}-`))
    .flatMap((name) => runTool('ip', 'netns', 'pids', name).split('\n'))
    .filter((line) => line !== '')
    .map(Number);

const endProcess = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};

const removeIfEmpty = (folder: string): void => {
  try {
    rmdirSync(folder);
  } catch {
    // Another mesh has files in it, or it is not there.
  }
};

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
