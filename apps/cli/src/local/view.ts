/** What `heddle local up` prints: the mesh, the checks, and then what happens, as it happens. */
import { styleText } from 'node:util';
import type { CheckOutcome } from './checks.ts';
import { decisionText } from './checks.ts';
import type { MeshEvent } from './events.ts';
import type { MeshPlan, PlannedWorkload } from './plan.ts';
import { formatTable } from './table.ts';

export interface WorkloadState {
  readonly workload: PlannedWorkload;
  readonly certificateNotAfterMs: number | undefined;
}

export interface MeshConnection {
  readonly from: string;
  readonly event: Extract<MeshEvent, { kind: 'meshConnection' }>;
}

export const formatWorkloads = (states: readonly WorkloadState[], nowMs: number): string =>
  formatTable(
    ['workload', 'address', 'identity', 'certificate ends in'],
    states.map(({ workload, certificateNotAfterMs }) => [
      workload.config.name,
      workload.address,
      workload.identity,
      certificateNotAfterMs === undefined ? 'none yet' : formatSpan(certificateNotAfterMs - nowMs),
    ]),
  );

/** One row for each pair of workloads that have a mutual TLS connection. */
export const formatConnections = (connections: readonly MeshConnection[], plan: MeshPlan): string => {
  const rows = new Map<string, readonly string[]>();
  for (const { from, event } of connections) {
    const to = nameOf(event.serverId, plan);
    rows.set(`${from} ${to}`, [from, to, event.tlsVersion, event.group, event.cipher]);
  }
  return formatTable(['from', 'to', 'mutual TLS', 'key exchange', 'cipher'], [...rows.values()]);
};

export const formatChecks = (outcomes: readonly CheckOutcome[]): string =>
  formatTable(
    ['', 'caller', 'request', 'expected', 'got', 'decided by'],
    outcomes.map((outcome) => [
      outcome.isAsExpected ? styleText('green', '✓') : styleText('red', '✗'),
      outcome.caller,
      outcome.request,
      outcome.expected,
      outcome.isAsExpected ? outcome.got : styleText('red', outcome.got),
      outcome.decidedBy,
    ]),
  );

export const formatAccess = (
  server: string,
  access: Extract<MeshEvent, { kind: 'access' }>,
  plan: MeshPlan,
  timeText: string,
): string => {
  const client = access.clientId === '' ? `no identity (${access.clientIp})` : nameOf(access.clientId, plan);
  const request = access.method === '' ? 'TCP connection' : `${access.method} ${access.path}`;
  const isPermitted = access.verdict === 'permit';
  const verdict = styleText(isPermitted ? 'green' : 'red', isPermitted ? 'permit' : 'deny  ');
  const status = Number.isFinite(access.status) && access.status > 0 ? String(access.status) : '   ';
  return `${styleText('dim', timeText)} ${verdict} ${status} ${client} → ${server}  ${request}  ${styleText('dim', decisionText(access))}`;
};

/** The short name of a workload of this mesh, or the identity as it is. */
const nameOf = (identity: string, plan: MeshPlan): string =>
  plan.workloads.find((workload) => workload.identity === identity)?.config.name ?? identity;

/** `23 h 59 min`, `4 min`, `12 s`; never negative. */
export const formatSpan = (spanMs: number): string => {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
