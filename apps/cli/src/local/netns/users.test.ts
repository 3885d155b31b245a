import { describe, expect, test } from 'vitest';
import { namespaceAddresses } from './addresses.ts';
import { applicationUser, asUserIn, proxyUser } from './users.ts';

const nobody = { uid: 65_534, gid: 65_534 };

describe('applications run as whoever called sudo, and never as root or the proxy', () => {
  test.each([
    [
      { SUDO_UID: '1000', SUDO_GID: '1001' },
      { uid: 1000, gid: 1001 },
    ],
    [{}, nobody],
    [{ SUDO_UID: '0', SUDO_GID: '0' }, nobody],
    [{ SUDO_UID: '1000', SUDO_GID: '0' }, nobody],
    [{ SUDO_UID: '2102', SUDO_GID: '1000' }, nobody],
    [{ SUDO_UID: '1000', SUDO_GID: '2102' }, nobody],
    [{ SUDO_UID: 'me', SUDO_GID: '-1' }, nobody],
  ])('%j', (environment, expected) => {
    expect(applicationUser(environment)).toEqual(expected);
  });
});

test('a command enters the namespace first, and gives up every capability before it starts', () => {
  expect(asUserIn('heddle-7-9-0', proxyUser, ['node', 'main.js']).join(' ')).toBe(
    'nsenter --net=/var/run/netns/heddle-7-9-0 -- setpriv --reuid=2102 --regid=2102 --clear-groups' +
      ' --bounding-set=-all --inh-caps=-all --no-new-privs --pdeathsig=TERM -- node main.js',
  );
});

test('workloads and Services are in one network and never share an address', () => {
  const block = namespaceAddresses;
  const indices = Array.from({ length: 240 }, (_, index) => index);
  const each = indices.flatMap((index) => [block.workload(index), block.service(index)]);
  const all = [block.identity, block.destination, block.supervisor, ...each];
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((address) => /^10\.71\.[01]\.([1-9]\d?|1\d\d|2[0-4]\d|25[0-4])$/.test(address))).toBe(true);
  expect(() => block.workload(240)).toThrow('240 workloads');
});
