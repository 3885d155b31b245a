/**
 * A real MariaDB, whose server speaks first, on its usual port: opaque without being told, so that nobody waits for a
 * client that says nothing; encrypted and under policy all the same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tryKubectl } from './support/kubectl.ts';
import { allow, deployment, imageOf, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let outside: Space;

const database = {
  image: imageOf('e2e-mariadb'),
  args: [],
  ports: { mysql: 3306 },
  container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  pod: { volumes: [{ name: 'data', emptyDir: {} }] },
};

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('database', meshed), Space.open('strangers')]);
  const ready = { readinessProbe: { tcpSocket: { port: 'mysql' }, periodSeconds: 1 } };
  await Promise.all([
    space.deploy(
      ...deployment({ name: 'db', ...database, container: { ...database.container, ...ready } }),
      service('db', { mysql: 3306 }),
      server('db', { port: 'mysql', proxyProtocol: 'opaque' }),
      ...allow('db', ['client', 'bare']),
      ...deployment({ name: 'client', ...database }),
      ...deployment({ name: 'other', ...database }),
      ...deployment({ name: 'bare' }),
    ),
    outside.deploy(...deployment({ name: 'stranger', ...database })),
  ]);
});

afterAll(() => Promise.all([space.close(), outside.close()]));

const query = (namespace: string, from: string, sql: string) => {
  const client = [
    '/usr/bin/mariadb',
    '--no-defaults',
    '--protocol=tcp',
    `--host=db.${space.namespace}`,
    '--connect-timeout=10',
    '-N',
    '-e',
    sql,
  ];
  return tryKubectl(['-n', namespace, 'exec', `deploy/${from}`, '-c', 'app', '--', ...client]);
};

test('a client that is allowed queries it', async () => {
  expect(await query(space.namespace, 'client', 'select 6 * 7')).toMatchObject({ code: 0, stdout: '42\n' });
  // More than one packet, in both directions.
  const long = await query(
    space.namespace,
    'client',
    `select length('${'x'.repeat(100_000)}'), length(repeat('y', 500000))`,
  );
  expect(long).toMatchObject({ code: 0, stdout: '100000\t500000\n' });
});

test('the greeting of the server comes at once', async () => {
  const [greeting] = await report({ namespace: space.namespace, from: 'deploy/bare', container: 'app' }, [
    'first-bytes',
    `db.${space.namespace}`,
    '3306',
  ]);
  expect(greeting).toMatchObject({ kind: 'said', text: expect.stringContaining('MariaDB') });
  expect(Number(greeting?.['ms'])).toBeLessThan(5000);
});

test.each(['other', 'stranger'])('%s gets no greeting', async (name) => {
  const { code, stdout } = await query(name === 'stranger' ? outside.namespace : space.namespace, name, 'select 1');
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
});
