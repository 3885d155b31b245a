/** Connections in plaintext, as a proxy's own metrics tell of them. */

/**
 * `pod -> target` for what it sent, `somebody -> pod:port` for what it took; with how many connections. The kubelet's
 * probes do not count: it opens a connection for each.
 */
export const plaintextEdges = (pod: string, metrics: string): readonly string[] => {
  const counts = new Map<string, number>();
  const add = (edge: string | undefined, count: number): void => {
    if (edge !== undefined) counts.set(edge, (counts.get(edge) ?? 0) + count);
  };
  for (const { labels, value } of samplesOf(metrics, 'tcp_open_total')) add(edgeOf(pod, labels), value);
  for (const { labels, value } of samplesOf(metrics, 'inbound_http_authz_allow_total')) {
    const isProbe = labels['authz_kind'] === 'default' && labels['authz_name'] === 'probe';
    if (isProbe) add(edgeOf(pod, { ...labels, direction: 'inbound', peer: 'src' }), -value);
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([edge, count]) => `${edge}: ${count} connection${count === 1 ? '' : 's'}`);
};

const edgeOf = (pod: string, labels: Readonly<Record<string, string>>): string | undefined => {
  const { direction, peer, tls, no_tls_reason: reason = '', target_port: port = '' } = labels;
  if (tls !== 'no_identity' || reason === 'loopback') return undefined;
  if (direction === 'inbound' && peer === 'src') return `clients without an identity -> ${pod}:${port}`;
  if (direction !== 'outbound' || peer !== 'dst') return undefined;
  const { dst_service: service = '', dst_namespace: namespace = '', target_addr: address = '' } = labels;
  return `${pod} -> ${service === '' ? address : `${service}.${namespace}`}`;
};

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric in the Prometheus text format. */
const samplesOf = (text: string, name: string): readonly Sample[] =>
  text.split('\n').flatMap((line) => {
    if (!line.startsWith(`${name}{`)) return [];
    const end = line.lastIndexOf('} ');
    const labels: Record<string, string> = {};
    for (const [, key = '', value = ''] of line.slice(name.length, end).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = value;
    }
    return [{ labels, value: Number(line.slice(end + 2).split(' ')[0]) }];
  });
