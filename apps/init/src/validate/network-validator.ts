/**
 * Proves that what leaves this network namespace goes to the proxy: dials addresses where nobody is and demands to be
 * answered by its own listener on the proxy's outbound port (wire section 11.2, features section 2.2). Runs before the
 * proxy does, and never as the proxy's user.
 */
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server } from 'node:net';
import { type Clock, type SocketAddressText, sleep } from '@heddle/runtime';
import type { ValidationConfig } from '../config.ts';
import { type Interfaces, neighbour } from './targets.ts';

export interface ValidatorDeps {
  readonly clock: Clock;
  readonly interfaces: () => Interfaces;
  /** What the listener says and the dialler must hear; unguessable. */
  readonly token: string;
}

export type Verdict =
  /** `notes`: one sentence for each family. */
  | { readonly kind: 'redirected'; readonly notes: readonly string[] }
  | { readonly kind: 'bypassed'; readonly why: string };

type Probe =
  | { readonly kind: 'redirected'; readonly note: string }
  /** No packet of this family can leave, so none can pass around the proxy. */
  | { readonly kind: 'unused'; readonly note: string }
  | { readonly kind: 'bypassed'; readonly why: string };

type Dial = { readonly kind: 'heard' } | { readonly kind: 'failed'; readonly why: string; readonly code: string };

const noWay = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EHOSTUNREACH']);

/** Every family that can reach anything must be redirected, and at least one must be in use. */
export const validateRedirection = async (config: ValidationConfig, deps: ValidatorDeps): Promise<Verdict> => {
  const probes = await Promise.all(config.targets.map((target) => probe(target, config, deps)));
  const failures = probes.flatMap((each) => (each.kind === 'bypassed' ? [each.why] : []));
  if (failures.length > 0) return { kind: 'bypassed', why: failures.join('; ') };
  const notes = probes.map((each) => (each.kind === 'bypassed' ? each.why : each.note));
  return probes.some(({ kind }) => kind === 'redirected')
    ? { kind: 'redirected', notes }
    : { kind: 'bypassed', why: `nothing could be tried: ${notes.join('; ')}` };
};

const probe = async (target: SocketAddressText, config: ValidationConfig, deps: ValidatorDeps): Promise<Probe> => {
  const family = isIPv6(target.host) ? 'IPv6' : 'IPv4';
  const listening = await listen(family, config.outgoingProxyPort, deps.token);
  if (listening.kind === 'failed') {
    return listening.code === 'EAFNOSUPPORT' || listening.code === 'EADDRNOTAVAIL'
      ? { kind: 'unused', note: `this machine has no ${family}` }
      : { kind: 'bypassed', why: `cannot listen on port ${config.outgoingProxyPort}: ${listening.code}` };
  }
  try {
    const first = await dial(target, config.timeoutMs, deps);
    if (first.kind === 'heard') return redirected(target);
    if (!noWay.has(first.code)) return bypassed(target, first);
    // There is no way out, but there may still be a way next door.
    const host = neighbour(deps.interfaces(), family);
    if (host === undefined) return { kind: 'unused', note: `this machine has no ${family} address but loopback` };
    const second = await dial({ host, port: target.port }, config.timeoutMs, deps);
    return second.kind === 'heard' ? redirected({ host, port: target.port }) : bypassed({ ...target, host }, second);
  } finally {
    listening.server.close();
  }
};

const redirected = ({ host, port }: SocketAddressText): Probe => ({
  kind: 'redirected',
  note: `a connection to ${host} port ${port} came to the proxy's port`,
});

const bypassed = ({ host, port }: SocketAddressText, { why }: Extract<Dial, { kind: 'failed' }>): Probe => ({
  kind: 'bypassed',
  why: `a connection to ${host} port ${port} did not come to the proxy's port (${why})`,
});

type Listening = { readonly kind: 'ok'; readonly server: Server } | { readonly kind: 'failed'; readonly code: string };

const listen = async (family: 'IPv4' | 'IPv6', port: number, token: string): Promise<Listening> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(token);
  });
  const host = family === 'IPv4' ? '0.0.0.0' : '::';
  try {
    await once(server.listen({ host, port, ipv6Only: family === 'IPv6' }), 'listening');
    return { kind: 'ok', server };
  } catch (error) {
    return { kind: 'failed', code: codeOf(error) };
  }
};

const dial = async ({ host, port }: SocketAddressText, timeoutMs: number, deps: ValidatorDeps): Promise<Dial> => {
  const socket = connect({ host, port });
  const failed = (why: string, code = why): Dial => ({ kind: 'failed', why, code });
  const answer = new Promise<Dial>((resolve) => {
    let heard = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text;
      if (heard === deps.token) resolve({ kind: 'heard' });
      else if (!deps.token.startsWith(heard)) resolve(failed('somebody else answered'));
    });
    socket.once('error', (error) => resolve(failed(codeOf(error))));
    socket.once('close', () => resolve(failed('it was closed without an answer')));
  });
  const late = sleep(deps.clock, timeoutMs).then(() => failed(`no answer within ${timeoutMs / 1000} s`));
  try {
    return await Promise.race([answer, late]);
  } finally {
    socket.destroy();
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
