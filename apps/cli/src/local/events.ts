/** What the mesh's processes say of themselves, read from their JSON log lines. */

export type MeshEvent =
  | {
      readonly kind: 'access';
      readonly clientIp: string;
      readonly clientId: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly verdict: string;
      readonly rule: string;
      readonly route: string;
      readonly reason: string;
      readonly requestId: string;
    }
  | {
      readonly kind: 'meshConnection';
      readonly serverId: string;
      readonly tlsVersion: string;
      readonly group: string;
      readonly cipher: string;
    }
  | { readonly kind: 'certificate'; readonly identity: string; readonly notAfterMs: number; readonly serial: string }
  | { readonly kind: 'policy'; readonly port: number; readonly revision: number }
  | { readonly kind: 'problem'; readonly level: 'warn' | 'error'; readonly text: string };

/** A line that is no event of these kinds (or no JSON at all) is undefined. */
export const parseMeshEvent = (line: string): MeshEvent | undefined => {
  if (!line.startsWith('{')) return undefined;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (key: string): string => {
    const value = record[key];
    return typeof value === 'string' ? value : '';
  };
  const number = (key: string): number => {
    const value = record[key];
    return typeof value === 'number' ? value : Number.NaN;
  };
  switch (record['msg']) {
    case 'access':
      return {
        kind: 'access',
        clientIp: text('client_ip'),
        clientId: text('client_id'),
        method: text('method'),
        path: text('path'),
        status: number('status'),
        verdict: text('verdict'),
        rule: text('rule'),
        route: text('route'),
        reason: text('reason'),
        requestId: text('x_request_id'),
      };
    case 'mesh-connection':
      return {
        kind: 'meshConnection',
        serverId: text('server_id'),
        tlsVersion: text('tls_version'),
        group: text('group'),
        cipher: text('cipher'),
      };
    case 'certificate':
      return {
        kind: 'certificate',
        identity: text('identity'),
        notAfterMs: Date.parse(text('not_after')),
        serial: text('serial'),
      };
    case 'policy':
      return { kind: 'policy', port: number('port'), revision: number('revision') };
    default:
      return problemFrom(record['level'], text('msg'));
  }
};

const problemFrom = (level: unknown, msg: string): MeshEvent | undefined => {
  if (msg === '') return undefined;
  if (level === 'warn' || level === 40) return { kind: 'problem', level: 'warn', text: msg };
  if (level === 'error' || level === 'fatal' || level === 50 || level === 60)
    return { kind: 'problem', level: 'error', text: msg };
  return undefined;
};
