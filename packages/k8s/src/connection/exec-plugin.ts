/**
 * Credentials that a program hands out (client.authentication.k8s.io): how people reach the clusters of the large
 * clouds. Only for command lines; a server gets its own ServiceAccount.
 */
import { execFile } from 'node:child_process';
import { type ClusterConnection, ConnectionError } from './connection.ts';

export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What its author says to someone who does not have it. */
  readonly installHint: string | undefined;
  /** A command with a slash in it is relative to this folder, that of the kubeconfig. */
  readonly folder: string;
}

const timeoutMs = 60_000;
const maxAnswerBytes = 1024 * 1024;

/** Runs the program and puts what it answers into the connection. @throws {ConnectionError} */
export const withExecCredential = async (
  connection: ClusterConnection,
  plugin: ExecPlugin,
): Promise<ClusterConnection> => {
  const { token, clientCertificateData, clientKeyData } = credentialFrom(await run(plugin), plugin);
  if ((clientCertificateData === undefined) !== (clientKeyData === undefined)) {
    throw problem(plugin, 'answered half a client certificate');
  }
  if (token === undefined && clientCertificateData === undefined) throw problem(plugin, 'answered no credential');
  return {
    ...connection,
    ...(token !== undefined && { token: { kind: 'text', text: token } }),
    ...(clientCertificateData !== undefined &&
      clientKeyData !== undefined && {
        clientCertificate: {
          certificate: { kind: 'text', text: clientCertificateData },
          key: { kind: 'text', text: clientKeyData },
        },
      }),
  };
};

const run = (plugin: ExecPlugin): Promise<string> => {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: process.stdin.isTTY },
  };
  const env = { ...process.env, ...plugin.environment, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    plugin.command,
    [...plugin.args],
    { env, timeout: timeoutMs, maxBuffer: maxAnswerBytes, ...(plugin.command.includes('/') && { cwd: plugin.folder }) },
    (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const isMissing = error.code === 'ENOENT';
      const hint = plugin.installHint === undefined ? '' : `\n${plugin.installHint.trim()}`;
      const what = isMissing ? `is not installed or not in PATH${hint}` : `failed: ${stderr.trim() || error.message}`;
      return reject(problem(plugin, what));
    },
  );
  child.stdin?.end();
  return promise;
};

interface Credential {
  readonly token: string | undefined;
  readonly clientCertificateData: string | undefined;
  readonly clientKeyData: string | undefined;
}

const credentialFrom = (text: string, plugin: ExecPlugin): Credential => {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw problem(plugin, 'answered something that is not JSON');
  }
  const { status } = (typeof answer === 'object' && answer !== null ? answer : {}) as {
    readonly status?: Readonly<Record<string, unknown>>;
  };
  const read = (name: keyof Credential): string | undefined => {
    const value = status?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    token: read('token'),
    clientCertificateData: read('clientCertificateData'),
    clientKeyData: read('clientKeyData'),
  };
};

const problem = ({ command }: ExecPlugin, what: string): ConnectionError =>
  new ConnectionError(`${command}, which the kubeconfig names for credentials, ${what}`);
