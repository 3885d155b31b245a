/** Trust anchor and issuer: made by Helm, given, or made by someone else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePem, encodePkcs8Pem, parseAuthority, parsePemBundle, validateIssuer } from '@heddle/pki';
import { createCertificateMill, TemporaryDirectory } from '@heddle/testkit';
import { describe, expect, test } from 'vitest';
import { hasHelm, helm, needsHelm } from './testing/helm.ts';
import { fromBase64 } from './testing/manifests.ts';
import { controlPlaneChart, type Rendered, refusalOf, render } from './testing/render.ts';

const anchorsIn = (rendered: Rendered): string =>
  rendered.get('ConfigMap', 'linkerd-identity-trust-roots').data['ca-bundle.crt'] ?? '';

/** As identity looks at it. */
const validate = (rendered: Rendered): ReturnType<typeof validateIssuer> => {
  const { data } = rendered.get('Secret', 'linkerd-identity-issuer');
  const authority = parseAuthority(fromBase64(data['crt.pem']), fromBase64(data['key.pem']));
  const anchors = parsePemBundle(anchorsIn(rendered));
  if (authority.kind !== 'ok' || anchors.kind !== 'ok') throw new Error('not to be parsed');
  return validateIssuer(authority.value, anchors.value, Date.now());
};

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test.skipIf(!hasOpenssl)('what the commands of docs/install.md make, identity takes (needs openssl)', async () => {
  await using directory = await TemporaryDirectory.create();
  const page = readFileSync(join(import.meta.dirname, '../../docs/install.md'), 'utf8');
  const commands = /```sh\n(# The trust anchor[\s\S]+?)```/.exec(page)?.[1] ?? 'exit 1';
  execFileSync('sh', ['-e', '-c', commands], { cwd: directory.path, stdio: 'pipe' });
  const read = (name: string): string => readFileSync(directory.file(name), 'utf8');
  const authority = parseAuthority(read('issuer.crt'), read('issuer.key'));
  const anchors = parsePemBundle(read('ca.crt'));
  if (authority.kind !== 'ok' || anchors.kind !== 'ok') throw new Error('not to be parsed');
  expect(validateIssuer(authority.value, anchors.value, Date.now())).toMatchObject({ kind: 'ok' });
});

const mill = createCertificateMill({ nowMs: Date.now() });
const given = {
  identityTrustAnchorsPEM: mill.trustAnchorsPem,
  'identity.issuer.tls.crtPEM': encodePem([mill.issuer.certificate, ...mill.issuer.intermediates]),
  'identity.issuer.tls.keyPEM': encodePkcs8Pem(mill.issuer.key),
};

describe.skipIf(!hasHelm)(`trust ${needsHelm}`, () => {
  test('what Helm makes, identity takes: an ECDSA P-256 anchor for ten years', async () => {
    const validation = validate(await render());
    expect(validation).toMatchObject({ kind: 'ok', value: { certificate: { key: { kind: 'ec', curve: 'P-256' } } } });
    const years = validation.kind === 'ok' ? (validation.notAfterMs - Date.now()) / (365 * 86_400_000) : 0;
    expect(Math.round(years)).toBe(10);
  });

  test('what is given is used as it is', async () => {
    const rendered = await render({ values: given });
    expect(validate(rendered)).toMatchObject({ kind: 'ok' });
    // Without a line break at the end, as Linkerd's chart writes it: a take-over changes nothing.
    expect(anchorsIn(rendered)).toBe(mill.trustAnchorsPem.trim());
    const { data, type } = rendered.get('Secret', 'linkerd-identity-issuer');
    expect(Object.keys(data)).toEqual(['crt.pem', 'key.pem']);
    expect(type).toBeUndefined();
  });

  test('an issuer in a Secret of someone else is left alone', async () => {
    const rendered = await render({
      values: { 'identity.issuer.scheme': 'kubernetes.io/tls', identityTrustAnchorsPEM: mill.trustAnchorsPem },
    });
    expect(rendered.has('Secret', 'linkerd-identity-issuer')).toBe(false);
    expect(anchorsIn(rendered).trim()).toBe(mill.trustAnchorsPem.trim());
  });

  test('anchors in a ConfigMap of someone else are left alone', async () => {
    const rendered = await render({
      values: { 'identity.issuer.scheme': 'kubernetes.io/tls', 'identity.externalCA': true },
    });
    expect(rendered.has('Secret', 'linkerd-identity-issuer')).toBe(false);
    expect(rendered.has('ConfigMap', 'linkerd-identity-trust-roots')).toBe(false);
  });

  test.each([
    [{ 'identity.issuer.tls.crtPEM': 'x' }, 'belong together'],
    [{ 'identity.issuer.tls.keyPEM': 'x' }, 'belong together'],
    [{ ...given, identityTrustAnchorsPEM: '' }, 'identityTrustAnchorsPEM is missing'],
    [{ identityTrustAnchorsPEM: mill.trustAnchorsPem }, 'the issuer is missing'],
    [{ 'identity.externalCA': true }, 'the issuer is missing'],
    [{ 'identity.issuer.scheme': 'kubernetes.io/tls' }, 'identityTrustAnchorsPEM is missing'],
  ])('case %#: half of it is refused', async (values, reason) => {
    expect(await refusalOf({ values })).toContain(reason);
  });

  test('the notes say when the anchor is one for a trial, and what was opened', async () => {
    const notesOf = async (...args: readonly string[]): Promise<string> =>
      (await helm('install', 'x', controlPlaneChart, '--dry-run=client', '--namespace', 'linkerd', ...args)).stdout;
    const notes = await notesOf();
    expect(notes).toContain('fit for a trial');
    expect(notes).not.toContain('webhookFailurePolicy is Ignore');
    const others = await notesOf(
      ...['--values', `${controlPlaneChart}/values-linkerd.yaml`],
      ...['--set', 'identity.issuer.scheme=kubernetes.io/tls,identity.externalCA=true'],
    );
    expect(others).not.toContain('fit for a trial');
    expect(others).toMatch(
      /all-unauthenticated[\s\S]*webhookFailurePolicy is Ignore[\s\S]*IPv6 passes around the proxies/,
    );
  });
});
