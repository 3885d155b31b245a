/** What operators see of connections that were closed on arrival because a listener holds as many as it may. */
import type { Clock } from '@heddle/runtime';
import { type CounterCell, type Logger, Sampler } from '@heddle/telemetry';

const linesPerSecond = 1;

/** Counts each, and says so at most once a second. */
export const reportCrowd = (
  side: 'inbound' | 'outbound',
  refused: CounterCell,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): ((peerIp: string, open: number) => void) => {
  const sampler = new Sampler(linesPerSecond);
  const setting = `HEDDLE_PROXY_${side.toUpperCase()}_MAX_CONNECTIONS`;
  return (peerIp, open) => {
    refused.add();
    const suppressed = sampler.take(clock.nowMs());
    if (suppressed < 0) return;
    const mend = `the open ones stay; find out who holds them, or raise ${setting}`;
    log.warn({ peer: peerIp, open, suppressed }, `${side}: too many connections, one was closed on arrival; ${mend}`);
  };
};
