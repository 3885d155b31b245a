/** Opaque bytes of the application on their way out: one connection to one endpoint, relayed until both have ended. */
import type { Socket } from 'node:net';
import { startRelay } from '../tcp/relay.ts';
import type { OutboundDeps } from './deps.ts';
import type { CompiledTarget } from './route/compiled-target.ts';

/** Serves the connection to its end. Owns the socket. */
export const serveTcp = async (socket: Socket, { tcp }: CompiledTarget, deps: OutboundDeps): Promise<void> => {
  const { metrics, log, sampler, clock, random } = deps;
  const refuse = (error: string, reason: string): void => {
    socket.resetAndDestroy();
    metrics.outboundTcpErrors.cell({ error }).add();
    const suppressed = sampler.take(clock.nowMs());
    if (suppressed >= 0) log.info({ reason, suppressed }, 'connection refused');
  };
  if (tcp.refused !== undefined) return refuse(tcp.refused, 'the policy of the destination refuses connections');
  const balancer = tcp.distribution.choose(random);
  if (balancer === undefined) return refuse('failfast', 'the destination has no backend');
  const result = await balancer.connect();
  if (result.kind === 'failed') return refuse(errorOf[result.cause.kind] ?? 'unexpected', result.cause.detail);
  const { endpoint, socket: server } = result;
  endpoint.pending += 1;
  await startRelay(socket, server).end;
  endpoint.pending -= 1;
};

const errorOf: Readonly<Record<string, string>> = {
  failfast: 'failfast',
  'identity-required': 'identity required',
};
