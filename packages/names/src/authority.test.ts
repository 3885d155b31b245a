import { expect, test } from 'vitest';
import {
  formatAuthority,
  formatSocketAddress,
  parseAuthority,
  parseServiceName,
  serviceAuthorityName,
} from './authority.ts';
import { parseIp } from './ip.ts';
import { orThrow } from './parsed.ts';

test.each([
  ['web', 'web'],
  ['web:80', 'web:80'],
  ['WEB.Shop.svc.Cluster.LOCAL.:8080', 'web.shop.svc.cluster.local:8080'],
  ['under_score.test', 'under_score.test'],
  ['10.0.0.1:65535', '10.0.0.1:65535'],
  ['[::1]:80', '[::1]:80'],
  ['[2001:DB8:0::1]', '[2001:db8::1]'],
  ['[::ffff:10.0.0.1]:80', '10.0.0.1:80'],
  ['1.2.3', '1.2.3'],
])('%s is %s', (text, canonical) => {
  expect(formatAuthority(orThrow(parseAuthority(text)))).toBe(canonical);
  expect(parseAuthority(canonical)).toEqual(parseAuthority(text));
});

test.each([
  '',
  ':80',
  'web:',
  'web:0',
  'web:65536',
  'web:080000',
  'web:8a',
  'web:80:80',
  'user@web',
  'web/',
  'we b',
  'w%65b',
  '..',
  'a..b',
  '.web',
  'web..',
  '-web',
  'web-',
  '::1',
  '[::1',
  '[::1]80',
  '[web]',
  '[10.0.0.1]',
  '[]',
  'wéb',
  'a'.repeat(64),
])('%j is no authority', (text) => {
  expect(parseAuthority(text)).toMatchObject({ kind: 'error', subject: 'authority' });
});

test('socket addresses', () => {
  expect(formatSocketAddress(orThrow(parseIp('::1')), 80)).toBe('[::1]:80');
  expect(formatSocketAddress(orThrow(parseIp('10.0.0.1')), 80)).toBe('10.0.0.1:80');
});

test.each([
  ['web.shop.svc.cluster.local', { service: 'web', namespace: 'shop' }],
  ['web-0.web.shop.svc.cluster.local', { service: 'web', namespace: 'shop', instance: 'web-0' }],
])('%s is the Service %j', (name, parts) => {
  expect(orThrow(parseServiceName(name, 'cluster.local'))).toEqual(parts);
  expect(serviceAuthorityName(parts, 'cluster.local')).toBe(name);
});

test.each([
  '',
  'web',
  'web.svc.cluster.local',
  '.svc.cluster.local',
  'web.shop.svc.other',
  'a.b.web.shop.svc.cluster.local',
  'web.shop.pod.cluster.local',
  'web..svc.cluster.local',
])('%j is no Service name', (name) => {
  expect(parseServiceName(name, 'cluster.local')).toMatchObject({ kind: 'error', subject: 'serviceName' });
});
