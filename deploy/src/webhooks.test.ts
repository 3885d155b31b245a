/** Which objects the webhooks are asked about, what holds when they cannot be asked, and by which CA they are known. */
import { X509Certificate } from 'node:crypto';
import { judgedKinds } from '@heddle/app-destination/admission';
import { describe, expect, test } from 'vitest';
import { hasHelm, needsHelm } from './testing/helm.ts';
import { fromBase64, type WebhookConfiguration } from './testing/manifests.ts';
import { type Rendered, refusalOf, render } from './testing/render.ts';

const hooks = [
  ['proxyInjector', 'MutatingWebhookConfiguration', 'linkerd-proxy-injector'],
  ['policyValidator', 'ValidatingWebhookConfiguration', 'linkerd-policy-validator'],
] as const;

const configurationOf = (rendered: Rendered, kind: (typeof hooks)[number][1], service: string): WebhookConfiguration =>
  rendered.get(kind, `${service}-webhook-config`);

describe.skipIf(!hasHelm)(`webhooks ${needsHelm}`, () => {
  test('pods fail closed, Services do not; nobody but namespaces and the node network is exempt', async () => {
    const { webhooks } = configurationOf(await render(), 'MutatingWebhookConfiguration', 'linkerd-proxy-injector');
    const common = {
      namespaceSelector: {
        matchExpressions: [
          { key: 'config.linkerd.io/admission-webhooks', operator: 'NotIn', values: ['disabled'] },
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['linkerd', 'cert-manager'] },
        ],
      },
      sideEffects: 'NoneOnDryRun',
      admissionReviewVersions: ['v1', 'v1beta1'],
    };
    const notOfKubernetes = "!request.namespace.startsWith('kube-')";
    expect(webhooks).toMatchObject([
      {
        ...common,
        name: 'linkerd-proxy-injector.linkerd.io',
        failurePolicy: 'Fail',
        rules: [
          { operations: ['CREATE'], apiGroups: [''], resources: ['pods'] },
          { operations: ['UPDATE'], apiGroups: [''], resources: ['pods/ephemeralcontainers'] },
        ],
        matchConditions: [
          { expression: notOfKubernetes },
          { expression: '!has(object.spec.hostNetwork) || !object.spec.hostNetwork' },
        ],
      },
      {
        ...common,
        name: 'linkerd-proxy-injector-services.linkerd.io',
        failurePolicy: 'Ignore',
        rules: [{ operations: ['CREATE'], apiGroups: [''], resources: ['services'] }],
        matchConditions: [{ expression: notOfKubernetes }],
      },
    ]);
    for (const webhook of webhooks) expect(webhook).not.toHaveProperty('objectSelector');
  });

  test("excluded namespaces are the values', and always the control plane's own", async () => {
    const rendered = await render({ namespace: 'mesh', values: { 'proxyInjector.excludedNamespaces[0]': 'storage' } });
    const [hook] = configurationOf(rendered, 'MutatingWebhookConfiguration', 'linkerd-proxy-injector').webhooks;
    expect(hook?.namespaceSelector.matchExpressions).toContainEqual({
      key: 'kubernetes.io/metadata.name',
      operator: 'NotIn',
      values: ['mesh', 'storage'],
    });
  });

  test('policies fail closed, routes of the Gateway API do not', async () => {
    const rendered = await render();
    const { webhooks } = configurationOf(rendered, 'ValidatingWebhookConfiguration', 'linkerd-policy-validator');
    expect(
      webhooks.map(({ failurePolicy, rules }) => [failurePolicy, ...rules.flatMap(({ apiGroups }) => apiGroups)]),
    ).toEqual([
      ['Fail', 'policy.linkerd.io'],
      ['Ignore', 'gateway.networking.k8s.io'],
    ]);
    const asked = new Set(webhooks.flatMap(({ rules }) => rules.flatMap(({ resources }) => resources)));
    const judged = judgedKinds.map((kind) => `${kind.toLowerCase()}s`.replace(/ys$/, 'ies'));
    expect([...asked].sort()).toEqual([...judged].sort());
  });

  test('webhookFailurePolicy opens both', async () => {
    const rendered = await render({ values: { webhookFailurePolicy: 'Ignore' } });
    for (const [, kind, service] of hooks) {
      expect(configurationOf(rendered, kind, service).webhooks.map(({ failurePolicy }) => failurePolicy)).toEqual([
        'Ignore',
        'Ignore',
      ]);
    }
  });

  test('without the validator nothing is asked of it', async () => {
    const rendered = await render({ values: { 'policyValidator.enabled': false } });
    expect(rendered.ofKind('ValidatingWebhookConfiguration')).toEqual([]);
    expect(rendered.has('Service', 'linkerd-policy-validator')).toBe(false);
    expect(rendered.has('Secret', 'linkerd-policy-validator-k8s-tls')).toBe(false);
  });

  test.each(hooks)(
    '%s: what Helm makes is a certificate for the Service under the CA that is told',
    async (...hook) => {
      const [, kind, service] = hook;
      const rendered = await render({ namespace: 'mesh' });
      const { data, type } = rendered.get('Secret', `${service}-k8s-tls`);
      const leaf = new X509Certificate(fromBase64(data['tls.crt']));
      const ca = new X509Certificate(fromBase64(data['ca.crt']));
      expect(type).toBe('kubernetes.io/tls');
      expect(leaf.subjectAltName).toBe(`DNS:${service}.mesh.svc`);
      expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
      expect(ca.ca).toBe(true);
      expect(leaf.verify(ca.publicKey)).toBe(true);
      expect(leaf.ca).toBe(false);
      for (const { clientConfig } of configurationOf(rendered, kind, service).webhooks) {
        expect(clientConfig.caBundle).toBe(data['ca.crt']);
        expect(clientConfig.service).toEqual({ name: service, namespace: 'mesh', path: '/', port: 443 });
      }
    },
  );

  const named = (name: string, values: object): Record<string, string | boolean> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`${name}.${key}`, value as string | boolean]));

  const isGiven = { crtPEM: 'CRT', keyPEM: 'KEY' };
  test.each([
    [hooks[0], { externalSecret: true, caBundle: 'CA' }, { secret: undefined, caBundle: ['CA', 'CA'] }],
    [hooks[0], isGiven, { secret: 'CRT', caBundle: ['CRT', 'CRT'], annotations: undefined }],
    [hooks[0], { ...isGiven, caBundle: 'CA' }, { secret: 'CRT', caBundle: ['CA', 'CA'] }],
    [
      hooks[0],
      { externalSecret: true, injectCaFrom: 'linkerd/a' },
      { secret: undefined, caBundle: ['', ''], annotations: { 'cert-manager.io/inject-ca-from': 'linkerd/a' } },
    ],
    [
      hooks[1],
      { externalSecret: true, injectCaFromSecret: 'linkerd/a' },
      { secret: undefined, caBundle: ['', ''], annotations: { 'cert-manager.io/inject-ca-from-secret': 'linkerd/a' } },
    ],
    [hooks[1], isGiven, { secret: 'CRT', caBundle: ['CRT', 'CRT'] }],
  ] as const)('%j with %j', async ([name, kind, service], values, expected) => {
    const rendered = await render({ values: named(name, values) });
    const { metadata, webhooks } = configurationOf(rendered, kind, service);
    const secret = rendered.ofKind('Secret').find((each) => each.metadata.name === `${service}-k8s-tls`);
    expect({
      secret: secret && fromBase64(secret.data['tls.crt']),
      caBundle: webhooks.map(({ clientConfig }) => fromBase64(clientConfig.caBundle)),
      annotations: metadata.annotations,
    }).toMatchObject(expected);
  });

  test.each([
    ['proxyInjector', { externalSecret: true }, 'proxyInjector.externalSecret needs'],
    ['proxyInjector', { caBundle: 'CA' }, 'proxyInjector has a CA but no certificate under it'],
    ['proxyInjector', { injectCaFrom: 'a/b' }, 'proxyInjector has a CA but no certificate under it'],
    ['proxyInjector', { crtPEM: 'CRT' }, 'proxyInjector.crtPEM and proxyInjector.keyPEM belong together'],
    ['proxyInjector', { keyPEM: 'KEY' }, 'belong together'],
    ['proxyInjector', { externalSecret: true, ...isGiven, caBundle: 'CA' }, 'externalSecret is set, and so is'],
    ['proxyInjector', { externalSecret: true, injectCaFrom: 'a/b', injectCaFromSecret: 'a/b' }, 'are both set'],
    ['proxyInjector', { externalSecret: true, injectCaFrom: 'a/b', caBundle: 'CA' }, 'and so is who injects it'],
    ['policyValidator', { externalSecret: true }, 'policyValidator.externalSecret needs'],
  ])('%s with %j is refused', async (name, values, reason) => {
    expect(await refusalOf({ values: named(name, values) })).toContain(reason);
  });
});
