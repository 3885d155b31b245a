/** `--isolation netns`: nothing passes around the proxy, proved by attempts; and nothing stays behind. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually, TemporaryDirectory } from '@heddle/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heddle, LocalMesh } from './support/local-mesh.ts';
import { NamespaceUser, processStatus } from './support/namespace-user.ts';

const up = [heddle, 'local', 'up'];
const netns = ['--isolation', 'netns'];
/** Other users must come through the folder that the test is given. */
const open = (dir: string): void => chmodSync(dirname(dir), 0o755);

/** What this machine lacks, in the command's own words; it asks for it before it looks at the folder. */
const missing = spawnSync(process.execPath, [...up, import.meta.dirname, ...netns], { encoding: 'utf8' })
  .stderr.split('\n')
  .filter((line) => line.startsWith('--isolation netns: '));

const namespaces = (): string[] => (existsSync('/var/run/netns') ? readdirSync('/var/run/netns') : []);
const proxyUid = 2102;

describe.skipIf(missing.length > 0)(`isolation by network namespaces (${missing.join(' ') || 'root'})`, () => {
  let mesh: LocalMesh;
  const listeners: ChildProcess[] = [];
  let applicationUid: number;

  const in_ = (workload: string, uid = applicationUid): NamespaceUser =>
    new NamespaceUser(mesh.workload(workload).networkNamespace ?? '', uid);
  const outsider = (): NamespaceUser => new NamespaceUser(mesh.state.networkNamespace ?? '', 0);
  const authors = (): string => mesh.workload('authors').address;
  const service = (): string => {
    const { host, port } = mesh.wayTo('traffic', 'authors.booksapp');
    return `http://${host}:${port}/authors.json`;
  };

  beforeAll(async () => {
    mesh = await LocalMesh.start('booksapp', open, netns);
    applicationUid = Number(processStatus(mesh.state.pids['authors'] ?? 0, 'Uid'));
    // A port of the workload that no manifest speaks of, and somebody outside the mesh.
    listeners.push(await in_('authors').serve(9999), await outsider().serve(9999));
  });
  afterAll(async () => {
    for (const listener of listeners) listener.kill('SIGKILL');
    await mesh?.stop();
  });

  test('an application connects to a Service at its own address, and the policy decides', () => {
    expect(mesh.output).toContain('all 18 verdicts are as the policy says');
    expect(service()).toMatch(/^http:\/\/10\.71\.1\.\d+:7001/);
    expect(in_('books').attempt([service()])).toEqual({ [service()]: '200' });
    expect(in_('traffic').attempt([service()])).toEqual({ [service()]: '403' });
  });

  test("going straight to the workload's address changes nothing", () => {
    const direct = `http://${authors()}:7001/authors.json`;
    expect(in_('books').attempt([direct])).toEqual({ [direct]: '200' });
    expect(in_('traffic').attempt([direct])).toEqual({ [direct]: '403' });
  });

  test('who is not in the mesh reaches no port of a workload but through its proxy, which refuses', () => {
    const ports = [`http://${authors()}:7001/authors.json`, `http://${authors()}:9999/`];
    expect(Object.values(outsider().attempt(ports))).toEqual(['403', '403']);
    expect(Object.values(outsider().attempt([`tcp://${authors()}:4143`, `tcp://${authors()}:4140`]))).not.toContain(
      'application',
    );
  });

  test('UDP does not leave a workload, unless its proxy sends it', () => {
    const target = `udp://${mesh.state.identityAddress}:9999`;
    expect(in_('traffic', proxyUid).attempt([target])).toEqual({ [target]: 'application' });
    expect(in_('traffic').attempt([target])[target]).not.toBe('application');
  });

  test('IPv6 is no way around: a link-local address leads to proxies, which do not listen there', () => {
    expect(in_('authors').attempt(['tcp://[::1]:9999'])).toEqual({ 'tcp://[::1]:9999': 'application' });
    const namespace = mesh.workload('authors').networkNamespace ?? '';
    const shown = execFileSync('ip', ['-n', namespace, '-6', '-o', 'address', 'show', 'dev', 'eth0', 'scope', 'link']);
    const address = /inet6 (fe80:[^/]+)/.exec(shown.toString())?.[1];
    const target = `tcp://[${address}%eth0]:9999`;
    // Refused by the other side: the cable does carry IPv6.
    expect(in_('traffic', proxyUid).attempt([target])).toEqual({ [target]: 'ECONNREFUSED' });
    expect(in_('traffic').attempt([target])[target]).toMatch(/^(ECONNREFUSED|no answer)$/);
  });

  test('an application is neither root nor the proxy, has no capability, and can get none of it', () => {
    const { pids } = mesh.state;
    for (const name of ['authors', 'books', 'webapp', 'traffic']) {
      expect(Number(processStatus(pids[`proxy-${name}`] ?? 0, 'Uid'))).toBe(proxyUid);
      expect([0, proxyUid]).not.toContain(Number(processStatus(pids[name] ?? 0, 'Uid')));
      expect(processStatus(pids[name] ?? 0, 'CapEff')).toMatch(/^0+$/);
      expect(processStatus(pids[name] ?? 0, 'CapBnd')).toMatch(/^0+$/);
      expect(processStatus(pids[name] ?? 0, 'NoNewPrivs')).toBe('1');
    }
    const application = in_('traffic');
    expect(application.can('true')).toBe(true);
    expect(application.can('setpriv', `--reuid=${proxyUid}`, 'true')).toBe(false);
    expect(application.can('iptables', '-t', 'nat', '-F')).toBe(false);
    expect(application.can('nsenter', '--net=/proc/1/ns/net', 'true')).toBe(false);
    expect(application.can('ip', 'link', 'set', 'eth0', 'down')).toBe(false);
    expect(application.can('cat', mesh.state.trustAnchorsFile)).toBe(false);
    expect(application.can('cat', `/run/heddle/${mesh.state.networkNamespace}/books/token`)).toBe(false);
  });

  test('when it ends, no namespace and no file of it is left', async () => {
    const name = mesh.state.networkNamespace ?? '';
    expect(namespaces().filter((each) => each.startsWith(name))).toHaveLength(5);
    await mesh.stop();
    expect(namespaces().filter((each) => each.startsWith(name))).toEqual([]);
    expect(existsSync(`/run/heddle/${name}`)).toBe(false);
  });

  test('what a killed one leaves behind is removed by the next', async () => {
    await using directory = await TemporaryDirectory.create();
    const example = join(import.meta.dirname, '../../examples/booksapp');
    const state = ['--state-dir', directory.file('state')];
    const killed = spawn(process.execPath, [...up, example, ...netns, ...state], { stdio: 'ignore' });
    const prefix = `heddle-${killed.pid}-`;
    const left = (): string[] => namespaces().filter((each) => each.startsWith(prefix));
    await eventually(() => expect(left()).toHaveLength(5), { timeoutMs: 30_000 });
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(left()).toHaveLength(5);

    chmodSync(directory.path, 0o755);
    // A folder without heddle.local.yaml: the next command cleans up, and fails.
    const next = spawnSync(process.execPath, [...up, directory.path, ...netns, ...state], { encoding: 'utf8' });
    expect(next.stderr).toContain(`removed what a killed mesh left behind: ${prefix}`);
    expect(next.status).toBe(1);
    expect(left()).toEqual([]);
    expect(namespaces().filter((each) => each.startsWith(`heddle-${next.pid}-`))).toEqual([]);
  });
});
