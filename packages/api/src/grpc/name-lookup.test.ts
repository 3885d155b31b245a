import { expect, test } from 'vitest';
import { type NameLookup, resolveService } from './name-lookup.ts';

interface Zone {
  readonly srv?: Readonly<Record<string, readonly (readonly [name: string, port: number])[]>>;
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
}

const namesOf = ({ srv = {}, addresses = {} }: Zone): NameLookup => ({
  srv: async (name) => srv[name]?.map(([host, port]) => ({ name: host, port })) ?? Promise.reject(new Error('none')),
  addresses: async (name) => addresses[name] ?? Promise.reject(new Error('none')),
});

const resolved = async (zone: Zone): Promise<readonly string[]> =>
  (await resolveService(namesOf(zone), 'dst.linkerd', 8086)).map(({ host, port }) => `${host} ${port}`);

test('SRV records say hosts and ports', async () => {
  const zone = {
    srv: { 'dst.linkerd': [['a.dst', 9000] as const, ['b.dst', 9001] as const] },
    addresses: { 'a.dst': ['10.0.0.1', 'fd00::1'], 'b.dst': ['10.0.0.2'], 'dst.linkerd': ['10.0.0.9'] },
  };
  expect(await resolved(zone)).toEqual(['10.0.0.1 9000', 'fd00::1 9000', '10.0.0.2 9001']);
});

test('of the ports of a Service only the one that was asked for counts, where it is told', async () => {
  const zone = {
    srv: { 'dst.linkerd': [['a.dst', 8086] as const, ['a.dst', 9996] as const] },
    addresses: { 'a.dst': ['10.0.0.1'] },
  };
  expect(await resolved(zone)).toEqual(['10.0.0.1 8086']);
});

test.each<[string, Zone]>([
  ['there are no SRV records', { addresses: { 'dst.linkerd': ['10.0.0.9'] } }],
  [
    'none of their hosts is known',
    { srv: { 'dst.linkerd': [['gone.dst', 8086]] }, addresses: { 'dst.linkerd': ['10.0.0.9'] } },
  ],
])('addresses count when %s', async (_when, zone) => {
  expect(await resolved(zone)).toEqual(['10.0.0.9 8086']);
});

test('without either it fails', async () => {
  await expect(resolved({})).rejects.toThrow();
});
