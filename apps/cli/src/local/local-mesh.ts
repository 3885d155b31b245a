/**
 * `heddle.local.yaml`: the one file that local mode needs beside the manifests. It says which command runs each
 * workload, which variables tell the command where to listen and where its upstream Services are, and which requests
 * `--once` tries, with the outcome that the policy promises.
 */

export interface LocalMesh {
  readonly name: string;
  /** Folder of the manifests, relative to the file. */
  readonly manifests: string;
  readonly workloads: readonly LocalWorkload[];
  readonly checks: readonly LocalCheck[];
}

export interface LocalWorkload {
  /** Name of a Deployment, StatefulSet or DaemonSet of the manifests. */
  readonly name: string;
  readonly namespace: string;
  readonly command: readonly [string, ...string[]];
  /** Container port name (or number) -> variable that receives `address:port` to listen on. */
  readonly listen: Readonly<Record<string, string>>;
  /** Variable -> URL of a Service; the variable receives it with the host replaced by this client's way to it. */
  readonly services: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export type LocalCheck =
  /** A request sent as a workload sends it: through its own outbound proxy. */
  | { readonly kind: 'workload'; readonly from: string; readonly request: CheckRequest; readonly expect: number }
  /** Plain HTTP from 127.0.0.1, by nobody. */
  | { readonly kind: 'plaintext'; readonly request: CheckRequest; readonly expect: number }
  /** Mesh TLS with a certificate for `claims`, but under another trust anchor. */
  | { readonly kind: 'foreignAnchor'; readonly claims: string; readonly request: CheckRequest }
  /** `token`'s ServiceAccount token, shown to identity to get a certificate for `claims`. */
  | { readonly kind: 'stolenName'; readonly token: string; readonly claims: string };

export interface CheckRequest {
  readonly method: string;
  /** `service.namespace:port`. */
  readonly host: string;
  /** As sent, never normalised. */
  readonly target: string;
}

export type LocalMeshResult =
  | { readonly kind: 'ok'; readonly mesh: LocalMesh }
  /** Each problem is `path: what is wrong and how to mend it`. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads the parsed YAML. Every problem is reported at once. */
export const parseLocalMesh = (document: unknown): LocalMeshResult => {
  const problems: string[] = [];
  const read = new Reader(problems);
  const root = read.object(document, '');
  read.onlyKeys(root, '', ['apiVersion', 'kind', 'metadata', 'spec']);
  if (root['apiVersion'] !== 'local.heddle.dev/v1alpha1' || root['kind'] !== 'LocalMesh') {
    problems.push('apiVersion, kind: this must be "local.heddle.dev/v1alpha1" and "LocalMesh"');
  }
  const metadata = read.object(root['metadata'] ?? {}, 'metadata');
  const spec = read.object(root['spec'], 'spec');
  read.onlyKeys(spec, 'spec', ['manifests', 'workloads', 'checks']);
  const mesh: LocalMesh = {
    name: read.text(metadata['name'] ?? 'local', 'metadata.name'),
    manifests: read.text(spec['manifests'] ?? '.', 'spec.manifests'),
    workloads: read.list(spec['workloads'], 'spec.workloads').map((item, index) => workload(read, item, index)),
    checks: read
      .list(spec['checks'] ?? [], 'spec.checks')
      .flatMap((item, index) => check(read, item, `spec.checks[${index}]`)),
  };
  return problems.length === 0 ? { kind: 'ok', mesh } : { kind: 'invalid', problems };
};

const workload = (read: Reader, item: unknown, index: number): LocalWorkload => {
  const path = `spec.workloads[${index}]`;
  const fields = read.object(item, path);
  read.onlyKeys(fields, path, ['name', 'namespace', 'command', 'listen', 'services', 'env']);
  const command = read.list(fields['command'], `${path}.command`).map((word) => String(word));
  if (command.length === 0) read.problems.push(`${path}.command: name the program that runs this workload`);
  return {
    name: read.text(fields['name'], `${path}.name`),
    namespace: read.text(fields['namespace'] ?? 'default', `${path}.namespace`),
    command: [command[0] ?? '', ...command.slice(1)],
    listen: read.textMap(fields['listen'], `${path}.listen`),
    services: read.textMap(fields['services'], `${path}.services`),
    env: read.textMap(fields['env'], `${path}.env`),
  };
};

const check = (read: Reader, item: unknown, path: string): LocalCheck[] => {
  const fields = read.object(item, path);
  read.onlyKeys(fields, path, ['from', 'client', 'token', 'claims', 'request', 'expect']);
  if (fields['token'] !== undefined) {
    const token = read.text(fields['token'], `${path}.token`);
    return [{ kind: 'stolenName', token, claims: read.text(fields['claims'], `${path}.claims`) }];
  }
  const request = parseRequest(read, read.text(fields['request'], `${path}.request`), `${path}.request`);
  if (request === undefined) return [];
  if (fields['client'] === 'foreign-anchor') {
    return [{ kind: 'foreignAnchor', claims: read.text(fields['claims'], `${path}.claims`), request }];
  }
  const expect = read.status(fields['expect'], `${path}.expect`);
  if (fields['client'] === 'plaintext') return [{ kind: 'plaintext', request, expect }];
  if (fields['client'] !== undefined) {
    read.problems.push(`${path}.client: use plaintext or foreign-anchor, or \`from\` to name a workload`);
    return [];
  }
  return [{ kind: 'workload', from: read.text(fields['from'], `${path}.from`), request, expect }];
};

const parseRequest = (read: Reader, text: string, path: string): CheckRequest | undefined => {
  const match = /^([A-Z]+) http:\/\/([^/\s]+)(\/\S*)$/.exec(text);
  if (match === null) {
    if (text !== '') read.problems.push(`${path}: write METHOD http://service.namespace:port/path, not "${text}"`);
    return undefined;
  }
  return { method: match[1] ?? '', host: match[2] ?? '', target: match[3] ?? '' };
};

/** Reads untyped values, noting each problem and going on with an empty value. */
class Reader {
  readonly problems: string[];

  constructor(problems: string[]) {
    this.problems = problems;
  }

  object(value: unknown, path: string): Readonly<Record<string, unknown>> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    this.problems.push(`${path || 'the document'}: this must be a mapping`);
    return {};
  }

  onlyKeys(fields: Readonly<Record<string, unknown>>, path: string, known: readonly string[]): void {
    for (const key of Object.keys(fields)) {
      if (!known.includes(key)) this.problems.push(`${path}.${key}: unknown field; known are ${known.join(', ')}`);
    }
  }

  text(value: unknown, path: string): string {
    if (typeof value === 'string' && value !== '') return value;
    this.problems.push(`${path}: this must be a text`);
    return '';
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.problems.push(`${path}: this must be a list`);
    return [];
  }

  textMap(value: unknown, path: string): Readonly<Record<string, string>> {
    if (value === undefined) return {};
    return Object.fromEntries(
      Object.entries(this.object(value, path)).map(([key, item]) => [
        key,
        typeof item === 'number' ? String(item) : this.text(item, `${path}.${key}`),
      ]),
    );
  }

  status(value: unknown, path: string): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599) return value;
    this.problems.push(`${path}: this must be an HTTP status`);
    return 0;
  }
}
