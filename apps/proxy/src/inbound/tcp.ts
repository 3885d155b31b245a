/** Opaque bytes under inbound policy: decided per connection, decided again whenever the policy changes. */
import type { Socket } from 'node:net';
import type { Verdict } from '@heddle/policy';
import type { Drain } from '@heddle/runtime';
import { LeaseScope } from '@heddle/telemetry';
import { LateHttp } from '../accept/late-http.ts';
import { AbortError } from '../http/pool.ts';
import { type Relay, startRelay } from '../tcp/relay.ts';
import { refLabels, serverLabels, targetLabels } from './client.ts';
import type { InboundConnection } from './connection.ts';
import { writeTcpAccess } from './report.ts';

/**
 * How long no bytes may have moved before draining ends a connection. The application may have it open for as long as
 * it lives (a database waits for its clients to leave); twice this is well within a pod's grace of 30 s.
 */
const quietMs = 5000;

/** Serves the connection to its end, which comes early when draining finds it quiet. Owns the socket. */
export const serveTcp = async (socket: Socket, connection: InboundConnection, drain: Drain): Promise<void> => {
  const { rules, client, deps } = connection;
  const startedMs = deps.clock.nowMs();
  const scope = new LeaseScope();
  const labelsOf = (verdict: Verdict): Record<string, string | undefined> => {
    const authz = verdict.kind === 'permit' ? refLabels(verdict.authorization) : undefined;
    return {
      ...targetLabels(client.target),
      ...serverLabels(verdict.server, client.target.port),
      ...(authz === undefined ? {} : { authz_group: authz.group, authz_kind: authz.kind, authz_name: authz.name }),
      ...client.tls,
    };
  };
  const verdict = rules.tcp();
  const finish = (reason: string): void => {
    writeTcpAccess(connection, verdict, reason, deps.clock.nowMs() - startedMs);
    scope.end(deps.clock.nowMs());
  };
  const { tcpAllowed, tcpDenied, tcpTerminated, inboundTcpErrors } = deps.metrics;
  scope.cell(verdict.kind === 'permit' ? tcpAllowed : tcpDenied, labelsOf(verdict)).add();
  if (verdict.kind === 'deny') {
    socket.destroy();
    finish(verdict.reason);
    return;
  }
  let relay: Relay | undefined;
  const hold = drain.hold(() => relay?.drain(deps.clock, quietMs));
  try {
    const application = await deps.applications.connect(client.target);
    const started = startRelay(socket, application, refuseLateHttp(connection));
    relay = started;
    if (drain.isDraining) started.drain(deps.clock, quietMs);
    connection.onPolicyChange = () => {
      const now = rules.tcp();
      if (now.kind === 'permit') return;
      scope.cell(tcpTerminated, labelsOf(now)).add();
      started.stop('revoked');
    };
    // The policy may have changed while the application was being connected to.
    connection.onPolicyChange();
    const end = await started.end;
    finish(end.kind === 'ended' ? end.reason : end.kind === 'failed' ? end.errno : '');
  } catch (error) {
    socket.destroy();
    inboundTcpErrors.cell({ error: 'i/o', target_port: String(client.target.port) }).add();
    finish(error instanceof AbortError ? error.abortCause.kind : 'unexpected');
  } finally {
    hold.release();
  }
};

/** For a port where HTTP would have been decided per request; where it is declared opaque, any bytes may pass. */
const refuseLateHttp = ({ rules, client, deps }: InboundConnection): ((bytes: Buffer) => boolean) | undefined => {
  if (rules.protocol !== 'detect') return undefined;
  let late: LateHttp | undefined = new LateHttp();
  return (bytes) => {
    const found = late?.look(bytes);
    if (found === 'other') late = undefined;
    if (found !== 'http') return true;
    deps.metrics.inboundTcpErrors.cell({ error: 'late HTTP', target_port: String(client.target.port) }).add();
    const suppressed = deps.denialSampler.take(deps.clock.nowMs());
    if (suppressed >= 0) {
      const { target, identity } = client;
      deps.log.info({ reason: 'late HTTP', target, client_id: identity, suppressed }, 'inbound connection refused');
    }
    return false;
  };
};
