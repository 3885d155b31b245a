import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { RawClient } from '@heddle/testkit';
import { describe, expect, test } from 'vitest';
import { kernelDestinations, listenerDestinations, type SocketAddress } from './original-destination.ts';
import { TcpListener } from './tcp-listener.ts';

const native = join(import.meta.dirname, '..', 'native');
const addonPath = join(import.meta.dirname, '..', 'dist', 'original-destination.node');
const works = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

const accept = async (host: string, target: string, look: (socket: Socket) => SocketAddress | undefined) => {
  const seen = Promise.withResolvers<SocketAddress | undefined>();
  const listener = await TcpListener.listen({
    name: 'test',
    host,
    port: 0,
    onConnection: (socket) => seen.resolve(look(socket)),
  });
  await using _client = await RawClient.connect(listener.port, { host: target });
  const result = await seen.promise;
  await listener.close();
  return { result, port: listener.port };
};

test('without redirection, the listener is the destination, IPv4 behind IPv6 included', async () => {
  const destinations = listenerDestinations(new Map());
  const plain = await accept('127.0.0.3', '127.0.0.3', (socket) => destinations.of(socket));
  expect(plain.result).toEqual({ ip: '127.0.0.3', port: plain.port });
  const mapped = await accept('::', '127.0.0.1', (socket) => destinations.of(socket));
  expect(mapped.result).toEqual({ ip: '127.0.0.1', port: mapped.port });
});

test('a listener may stand for another address', async () => {
  const service = { ip: '10.96.0.12', port: 7001 };
  const { result } = await accept('127.0.0.3', '127.0.0.3', (socket) =>
    listenerDestinations(new Map([[`127.0.0.3:${socket.localPort}`, service]])).of(socket),
  );
  expect(result).toEqual(service);
});

test('a missing addon is an error that says what to do, at start', () => {
  expect(() => kernelDestinations(join(native, 'absent.node'))).toThrow('run `pnpm build`');
});

const hasCompiler = ['cc', 'gcc', 'clang'].some((command) => works(command, '--version'));
describe.skipIf(!hasCompiler)('the native addon (needs a C compiler)', () => {
  test('builds, passes its self-test, and knows nothing of a connection that was not redirected', async () => {
    expect(spawnSync(process.execPath, [join(native, 'build.mjs')], { encoding: 'utf8' }).stderr).toBe('');
    const destinations = kernelDestinations(addonPath);
    const { result, port } = await accept('127.0.0.1', '127.0.0.1', (socket) => destinations.of(socket));
    // Where connection tracking is on, the kernel knows the connection and answers with where it really went.
    expect([undefined, { ip: '127.0.0.1', port }]).toContainEqual(result);
  });

  const canRedirect =
    works('unshare', '-n', 'iptables', '-t', 'nat', '-L') && works('unshare', '-n', 'ip6tables', '-t', 'nat', '-L');
  test.skipIf(!canRedirect)('reads the real thing (needs network namespaces and iptables)', () => {
    const rules = ['iptables', 'ip6tables'].map(
      (command) => `${command} -t nat -A OUTPUT -p tcp --dport 8080 -j REDIRECT --to-port 4143`,
    );
    const script = join(import.meta.dirname, 'testing', 'redirected.main.ts');
    const result = spawnSync(
      'unshare',
      [
        '-n',
        'sh',
        '-ec',
        ['ip link set lo up', ...rules, `exec "${process.execPath}" "${script}" "${addonPath}"`].join('\n'),
      ],
      { encoding: 'utf8' },
    );
    expect(result.stderr).toBe('');
    expect(result.stdout.trim().split('\n')).toEqual([
      '0.0.0.0 127.0.0.1 -> 127.0.0.1 8080',
      ':: 127.0.0.1 -> 127.0.0.1 8080',
      ':: ::1 -> ::1 8080',
    ]);
  });
});
