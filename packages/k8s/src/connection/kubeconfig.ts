/**
 * Plain kubeconfig files: a server, its certificate authority, and a token or a client certificate. What runs programs
 * (exec, auth-provider) or weakens TLS is refused with a message rather than passed over; a command line, which runs as
 * the person who wrote the file, may ask for the program of `exec` and run it itself (`userConnection`).
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type ClusterConnection, ConnectionError, type TextSource } from './connection.ts';
import type { ExecPlugin } from './exec-plugin.ts';

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
export const parseKubeconfig = (text: string, file: string, context?: string): ClusterConnection =>
  parseKubeconfigs([{ text, file }], { context, mayRunPrograms: false }).connection;

/**
 * Reads several kubeconfigs as one: of two entries with one name the first counts, as for kubectl.
 * @throws {ConnectionError}
 */
export const parseKubeconfigs = (
  sources: readonly { readonly text: string; readonly file: string }[],
  { context, mayRunPrograms }: { readonly context: string | undefined; readonly mayRunPrograms: boolean },
): { readonly connection: ClusterConnection; readonly exec: ExecPlugin | undefined } => {
  const config = new Configs(
    sources.map(({ text, file }) => new Fields(yamlFrom(text, file), `kubeconfig ${file}`, dirname(file))),
  );
  const { cluster, user, namespace } = contextOf(config, context ?? config.currentContext());
  for (const name of ['insecure-skip-tls-verify', 'proxy-url']) cluster.refuse(name);
  for (const name of ['auth-provider', 'username', 'as', ...(mayRunPrograms ? [] : ['exec'])]) user.refuse(name);
  const certificate = textSource(user, 'client-certificate');
  const key = textSource(user, 'client-key');
  if ((certificate === undefined) !== (key === undefined)) {
    throw user.problem('client-certificate and client-key belong together; give both');
  }
  const connection = {
    server: serverUrl(cluster),
    certificateAuthority: textSource(cluster, 'certificate-authority'),
    tlsServerName: cluster.text('tls-server-name'),
    token: tokenSource(user),
    clientCertificate: certificate && key && { certificate, key },
    namespace: namespace ?? 'default',
  };
  return { connection, exec: execPlugin(user) };
};

const yamlFrom = (text: string, file: string): unknown => {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new ConnectionError(`kubeconfig ${file} is not YAML`, { cause });
  }
};

const contextOf = (config: Configs, name: string) => {
  const context = config.named('contexts', name, 'context');
  const user = context.text('user');
  return {
    cluster: config.named('clusters', context.required('cluster'), 'cluster'),
    user: user === undefined ? new Fields({}, 'no user', '') : config.named('users', user, 'user'),
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
const textSource = (fields: Fields, name: string): TextSource | undefined => {
  const data = fields.text(`${name}-data`);
  if (data !== undefined) return { kind: 'text', text: Buffer.from(data, 'base64').toString('utf8') };
  const file = fields.text(name);
  return file === undefined ? undefined : { kind: 'file', file: resolve(fields.folder, file) };
};

/** The file wins over the text, as for kubectl. */
const tokenSource = (user: Fields): TextSource | undefined => {
  const file = user.text('tokenFile');
  if (file !== undefined) return { kind: 'file', file: resolve(user.folder, file) };
  const text = user.text('token');
  return text === undefined ? undefined : { kind: 'text', text };
};

const execPlugin = (user: Fields): ExecPlugin | undefined => {
  const exec = user.mapping('exec');
  if (exec === undefined) return undefined;
  return {
    apiVersion: exec.required('apiVersion'),
    command: exec.required('command'),
    args: exec.texts('args'),
    environment: Object.fromEntries(
      exec.mappings('env').map((each) => [each.required('name'), each.text('value') ?? '']),
    ),
    installHint: exec.text('installHint'),
    folder: user.folder,
  };
};

/** Several files as one. */
class Configs {
  readonly #files: readonly Fields[];

  constructor(files: readonly Fields[]) {
    this.#files = files;
  }

  currentContext(): string {
    for (const file of this.#files) {
      const name = file.text('current-context');
      if (name !== undefined) return name;
    }
    throw this.#problem('current-context is missing');
  }

  named(list: string, name: string, field: string): Fields {
    for (const file of this.#files) {
      const entry = file.named(list, name, field);
      if (entry !== undefined) return entry;
    }
    throw this.#problem(`${list} has no entry named ${name}`);
  }

  #problem(what: string): ConnectionError {
    return this.#files[0]?.problem(what) ?? new ConnectionError('there is no kubeconfig');
  }
}

/** One mapping of a file, how messages name it, and where its relative paths start. */
class Fields {
  readonly folder: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string, folder: string) {
    this.#where = where;
    this.folder = folder;
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

  texts(name: string): readonly string[] {
    const values = this.#fields[name] ?? [];
    if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) {
      throw this.problem(`${name} is not a list of texts`);
    }
    return values as readonly string[];
  }

  mapping(name: string): Fields | undefined {
    const value = this.#fields[name] ?? undefined;
    return value === undefined ? undefined : new Fields(value, `${this.#where}: ${name}`, this.folder);
  }

  mappings(name: string): readonly Fields[] {
    const values = this.#fields[name] ?? [];
    if (!Array.isArray(values)) throw this.problem(`${name} is not a list`);
    return values.map((value: unknown) => new Fields(value, `${this.#where}: ${name}`, this.folder));
  }

  /** The `field` of the entry of that name in a list such as `clusters`. */
  named(list: string, name: string, field: string): Fields | undefined {
    const entries = this.#fields[list];
    const entry: unknown = Array.isArray(entries) ? entries.find((each: unknown) => nameOf(each) === name) : undefined;
    if (entry === undefined) return undefined;
    return new Fields(
      (entry as Readonly<Record<string, unknown>>)[field],
      `${this.#where}: ${field} ${name}`,
      this.folder,
    );
  }
}

const nameOf = (entry: unknown): unknown =>
  typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined;
