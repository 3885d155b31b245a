/**
 * Plain kubeconfig files: a server, its certificate authority, and a token or a client certificate. What runs programs
 * (exec, auth-provider) or weakens TLS is refused with a message rather than passed over.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type ClusterConnection, ConnectionError, type TextSource } from './connection.ts';

/** @throws {ConnectionError} when the file cannot be read or used */
export const kubeconfigConnection = async (file: string, context?: string): Promise<ClusterConnection> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConnectionError(`kubeconfig ${file} cannot be read`, { cause });
  }
  return parseKubeconfig(text, file, context);
};

/**
 * Reads the text of a kubeconfig.
 * @param file names the source in messages; relative paths in it are relative to its folder
 * @param context absent: the current one
 * @throws {ConnectionError}
 */
export const parseKubeconfig = (text: string, file: string, context?: string): ClusterConnection => {
  const config = new Fields(yamlFrom(text, file), `kubeconfig ${file}`);
  const contextName = context ?? config.required('current-context');
  const { cluster, user, namespace } = contextOf(config, contextName);
  const read = (fields: Fields, name: string): TextSource | undefined => textSource(fields, name, dirname(file));

  for (const name of ['insecure-skip-tls-verify', 'proxy-url']) cluster.refuse(name);
  for (const name of ['exec', 'auth-provider', 'username', 'as']) user.refuse(name);
  const certificate = read(user, 'client-certificate');
  const key = read(user, 'client-key');
  if ((certificate === undefined) !== (key === undefined)) {
    throw user.problem('client-certificate and client-key belong together; give both');
  }
  return {
    server: serverUrl(cluster),
    certificateAuthority: read(cluster, 'certificate-authority'),
    tlsServerName: cluster.text('tls-server-name'),
    token: tokenSource(user, dirname(file)),
    clientCertificate: certificate && key && { certificate, key },
    namespace: namespace ?? 'default',
  };
};

const yamlFrom = (text: string, file: string): unknown => {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new ConnectionError(`kubeconfig ${file} is not YAML`, { cause });
  }
};

const contextOf = (config: Fields, name: string) => {
  const context = config.named('contexts', name, 'context');
  const user = context.text('user');
  return {
    cluster: config.named('clusters', context.required('cluster'), 'cluster'),
    user: user === undefined ? new Fields({}, 'no user') : config.named('users', user, 'user'),
    namespace: context.text('namespace'),
  };
};

const serverUrl = (cluster: Fields): URL => {
  const text = cluster.required('server');
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server?.protocol === 'https:') return server;
  if (server?.protocol === 'http:' && isLoopback(server.hostname)) return server;
  throw cluster.problem(`server ${text} is not an https URL (http is for a loopback address only)`);
};

const isLoopback = (hostname: string): boolean =>
  hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));

/** `NAME-data` in base64 wins over the file `NAME`, as for kubectl. */
const textSource = (fields: Fields, name: string, folder: string): TextSource | undefined => {
  const data = fields.text(`${name}-data`);
  if (data !== undefined) return { kind: 'text', text: Buffer.from(data, 'base64').toString('utf8') };
  const file = fields.text(name);
  return file === undefined ? undefined : { kind: 'file', file: resolve(folder, file) };
};

/** The file wins over the text, as for kubectl. */
const tokenSource = (user: Fields, folder: string): TextSource | undefined => {
  const file = user.text('tokenFile');
  if (file !== undefined) return { kind: 'file', file: resolve(folder, file) };
  const text = user.text('token');
  return text === undefined ? undefined : { kind: 'text', text };
};

/** One mapping of the file, and how messages name it. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    this.#where = where;
    if (typeof value !== 'object' || value === null) throw this.problem('is not a mapping');
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  problem(what: string): ConnectionError {
    return new ConnectionError(`${this.#where}: ${what}`);
  }

  /** Undefined when it is absent or empty. */
  text(name: string): string | undefined {
    const value = this.#fields[name] ?? '';
    if (typeof value !== 'string') throw this.problem(`${name} is not text`);
    return value === '' ? undefined : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw this.problem(`${name} is missing`);
    return value;
  }

  refuse(name: string): void {
    const value = this.#fields[name] ?? false;
    if (value !== false && value !== '') throw this.problem(`${name} is not supported; use a token or a certificate`);
  }

  /** The `field` of the entry of that name in a list such as `clusters`. */
  named(list: string, name: string, field: string): Fields {
    const entries = this.#fields[list];
    const entry: unknown = Array.isArray(entries) ? entries.find((each: unknown) => nameOf(each) === name) : undefined;
    if (entry === undefined) throw this.problem(`${list} has no entry named ${name}`);
    return new Fields((entry as Readonly<Record<string, unknown>>)[field], `${this.#where}: ${field} ${name}`);
  }
}

const nameOf = (entry: unknown): unknown =>
  typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined;
