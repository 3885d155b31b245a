/** kubectl as a function. The cluster is the one that HEDDLE_E2E_KUBECONFIG names. */
import { spawn } from 'node:child_process';

export interface KubectlOptions {
  readonly input?: string;
  /** Two minutes when absent. */
  readonly timeoutMs?: number;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const defaultTimeoutMs = 120_000;

export const kubeconfig = (): string => {
  const file = process.env['HEDDLE_E2E_KUBECONFIG'];
  if (file === undefined) throw new Error('HEDDLE_E2E_KUBECONFIG is not set; run these by `pnpm e2e`');
  return file;
};

/** Runs a program with the cluster's kubeconfig, and says how it ended. */
export const runProgram = (program: string, args: readonly string[], options: KubectlOptions = {}): Promise<Output> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig() };
    const child = spawn(program, args, { env, timeout: options.timeoutMs ?? defaultTimeoutMs });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === null ? -1 : 128), ...output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });

/** On a busy machine an API server is late at times; what it has not seen can be said again. */
const unheard = /Unable to connect to the server|TLS handshake timeout/;
const maxAttempts = 4;

export const tryKubectl = async (args: readonly string[], options?: KubectlOptions): Promise<Output> => {
  for (let attempt = 1; ; attempt += 1) {
    const output = await runProgram('kubectl', args, options);
    if (output.code === 0 || attempt === maxAttempts || !unheard.test(output.stderr)) return output;
  }
};

/** @throws with what kubectl said when it fails */
export const kubectl = async (args: readonly string[], options?: KubectlOptions): Promise<string> => {
  const { code, stdout, stderr } = await tryKubectl(args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || stdout.trim() || `code ${code}`}`);
  return stdout;
};

export const getJson = async <T>(args: readonly string[]): Promise<T> =>
  JSON.parse(await kubectl(['get', '-o', 'json', ...args])) as T;

/** Objects as kubectl takes them. */
export type Manifest = Readonly<Record<string, unknown>>;

export const applyObjects = (objects: readonly Manifest[], args: readonly string[] = []): Promise<string> =>
  kubectl(['apply', '-f', '-', ...args], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
