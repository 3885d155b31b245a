/** The policy that docs/reference/probes.md gives for probes over HTTPS is accepted, and does what the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCatalog } from '@heddle/catalog';
import { buildPod, testOptions } from '@heddle/catalog/testing';
import { parseObject, readYamlDocuments } from '@heddle/manifests';
import { compilePolicy, decideTcp, forConnection } from '@heddle/policy';
import { client } from '@heddle/policy/testing';
import { expect, test } from 'vitest';
import { judge } from './judge.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/reference/probes.md'), 'utf8');
const manifests = readYamlDocuments(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '').documents.map(
  ({ value }) => value as Readonly<Record<string, unknown>>,
);
const objects = manifests.map((manifest) => {
  const result = parseObject(manifest);
  if (result.kind !== 'object') throw new Error(JSON.stringify(result));
  return result.object;
});
const pod = buildPod({ labels: { app: 'web' } });

test('admission has nothing against it, in the order in which it is applied', () => {
  expect(manifests.map(({ kind }) => kind)).toEqual(['Server', 'NetworkAuthentication', 'AuthorizationPolicy']);
  for (const [index, object] of manifests.entries()) {
    const catalog = createCatalog(testOptions);
    catalog.reset([pod, ...objects.slice(0, index)]);
    const [group = '', version = ''] = String(object['apiVersion']).split('/');
    const request = {
      reviewVersion: 'admission.k8s.io/v1' as const,
      uid: 'u',
      group,
      version,
      kind: String(object['kind']),
      subresource: '',
      operation: 'CREATE' as const,
      namespace: 'shop',
      isDryRun: false,
      object,
    };
    expect(judge(request, { catalog, isSynced: () => true })).toEqual({ kind: 'allow', patch: [], warnings: [] });
  }
});

test.each([
  ['the kubelet, by an address of a node', client('plaintext', '192.168.0.4'), 'permit'],
  ['somebody else without an identity', client('plaintext', '192.168.1.4'), 'deny'],
  ['a client in the mesh', client('books', '10.0.0.9'), 'permit'],
])('%s: %s', (_, facts, kind) => {
  const catalog = createCatalog(testOptions);
  const verdict = (port: number) => {
    const policy = catalog.inboundPolicy('shop', 'web', port);
    return policy && decideTcp(forConnection(compilePolicy(policy), facts)).kind;
  };
  catalog.reset([pod]);
  const otherwise = facts.tls.kind === 'mutual' ? 'permit' : 'deny';
  expect(verdict(8443)).toBe(otherwise);
  catalog.reset([pod, ...objects]);
  expect(verdict(8443)).toBe(kind);
  expect(verdict(8080)).toBe(otherwise);
});

test('it is the same where the port is opaque', () => {
  const catalog = createCatalog(testOptions);
  const opaque = objects.map((object) =>
    object.kind === 'Server' ? { ...object, spec: { ...object.spec, proxyProtocol: 'opaque' as const } } : object,
  );
  catalog.reset([pod, ...opaque]);
  const policy = catalog.inboundPolicy('shop', 'web', 8443);
  expect(policy?.protocol).toEqual({ kind: 'opaque' });
  expect(policy && decideTcp(forConnection(compilePolicy(policy), client('plaintext', '192.168.0.4'))).kind).toBe(
    'permit',
  );
});
