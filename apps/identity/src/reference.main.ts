/** Writes docs/reference/identity.md from identity's own tables: what it refuses, what it tells, what it counts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, WatchCell } from '@heddle/runtime';
import { refusals } from './certify/refusal.ts';
import type { IssuerState } from './issuer/issuer-source.ts';
import { createMetrics } from './metrics.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text: string): string => `\`${text}\``;

const errors = table(
  ['Label `result`', 'gRPC status', 'What it means'],
  Object.entries(refusals).map(([reason, { status, means }]) => [
    code(reason),
    status.toUpperCase().replaceAll('-', '_'),
    means,
  ]),
);

const noIssuer = new WatchCell<IssuerState>({ kind: 'waiting', reason: '' });
const metrics = table(
  ['Metric', 'Kind', 'Labels', 'What it says'],
  createMetrics('0', noIssuer, systemClock)
    .registry.getMetricsAsArray()
    .filter(({ name }) => !/^(?:process_|nodejs_)/.test(name))
    .map((metric) => [
      code(metric.name),
      metric.type,
      ('labelNames' in metric ? (metric.labelNames as readonly string[]) : []).map(code).join(' '),
      metric.help,
    ]),
);

writeFileSync(
  join(import.meta.dirname, '../../../docs/reference/identity.md'),
  `# Identity

Generated from the tables in \`apps/identity/src/certify/refusal.ts\` and \`apps/identity/src/metrics.ts\`; \`pnpm generate\` writes it.

Identity takes a ServiceAccount token and a certificate signing request, and gives a certificate for the name that follows from the token: \`ACCOUNT.NAMESPACE.serviceaccount.identity.CONTROL-PLANE-NAMESPACE.TRUST-DOMAIN\`, good for 24 h (\`identity.issuer.issuanceLifetime\`) or as long as the issuer, if that is shorter. In a cluster the token is checked by TokenReview, each time and always for audience \`identity.l5d.io\`; an answer that does not name that audience is a refusal.

## The issuer

Read from the Secret \`linkerd-identity-issuer\`, of either type: \`linkerd.io/tls\` with \`crt.pem\` and \`key.pem\`, or \`kubernetes.io/tls\` with \`tls.crt\` and \`tls.key\`, as cert-manager writes it (its \`ca.crt\` is not read: whom to trust is said by the trust anchors alone). Certificates after the first are intermediates. It must be a CA with an ECDSA P-256 key, valid now, with a way to one of the anchors in ConfigMap \`linkerd-identity-trust-roots\`, key \`ca-bundle.crt\`.

Both are watched, and asked for every 5 s besides, so a notification that is lost costs no more than that. A pair that validates is in use at once, for certificates and for identity's own; one that does not leaves the old one in use. Nothing restarts.

| Event on Deployment \`linkerd-identity\` | When |
| --- | --- |
| \`IssuerUpdated\` (Normal) | another issuer, or other anchors, are in use |
| \`IssuerUpdateSkipped\` (Warning) | files are missing or cannot be read |
| \`IssuerValidationFailed\` (Warning) | they can be read, and do not make an issuer; the note says why |

\`IssuedLeafCertificate\` (Normal) is told of the ServiceAccount that a certificate is for. Certificates of one account within ten minutes are one event with a count; the log has a line for each, with its serial number.

## What it refuses

A proxy tries again after each of these; its log shows the text.

${errors}

At most 8 requests of one address are worked on at a time and 512 wait; at most 32 reviews are open at the API server. Ahead of TLS, 500 handshakes a second are begun, 1024 are under way at most, and 256 of one address.

## What it may do in the cluster

\`create\` on \`tokenreviews.authentication.k8s.io\`; \`create\` and \`patch\` on \`events.events.k8s.io\`; \`get\` on its own Deployment, so that its events name it by uid. Without the last two, only events suffer.

## Metrics

On the admin port (9990) at \`/metrics\`, besides those of the runtime.

${metrics}
`,
);
