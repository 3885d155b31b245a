/** The values: what is refused, that all are described, and that the injector reads from them what they say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitions, readValues } from '@heddle/app-injector/settings';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installs } from './testing/cases.ts';
import { hasHelm, helm, needsHelm } from './testing/helm.ts';
import { charts, controlPlaneChart, type Rendered, refusalOf, render } from './testing/render.ts';
import { describedValues, readValuesFile, undescribedPaths } from './values/values-file.ts';

const root = join(import.meta.dirname, '../..');
const documented = readValuesFile(readFileSync(join(controlPlaneChart, 'values.yaml'), 'utf8'));
const defaults: unknown = parse(readFileSync(join(controlPlaneChart, 'values.yaml'), 'utf8'));

const settingsFrom = (values: unknown): unknown => {
  const read = readValues(values);
  return read.kind === 'ok' ? read.settings : read.problems;
};

const configOf = (rendered: Rendered): string => rendered.get('ConfigMap', 'linkerd-config').data['values'] ?? '';

test('every value is described', () => {
  expect(undescribedPaths(documented)).toEqual([]);
});

test('everything that the injector reads can be set', () => {
  const paths = new Set(documented.map(({ path }) => path.join('.')));
  const read = Object.values(definitions).flatMap(({ values }) => values);
  expect(read.filter((path) => !paths.has(path))).toEqual([]);
});

test("the chart's defaults are the injector's", () => {
  expect(settingsFrom(defaults)).toEqual(settingsFrom(undefined));
});

test.each(['heddle-control-plane', 'heddle-crds'])('%s has the version of the product', (chart) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(parse(readFileSync(join(charts, chart, 'Chart.yaml'), 'utf8'))).toMatchObject({
    version,
    appVersion: version,
  });
});

test('an undescribed value is found, and what is under a described one is not', () => {
  const read = readValuesFile('# -- A\na: 1\nb: 2\n\n# -- C\nc:\n  d: 3\ne:\n  # -- F\n  f: 4\n  g: []\n');
  expect(undescribedPaths(read)).toEqual(['b', 'e.g']);
  expect(describedValues(read).map(({ path, description }) => [path.join('.'), description])).toEqual([
    ['a', 'A'],
    ['c', 'C'],
    ['e.f', 'F'],
  ]);
});

describe.skipIf(!hasHelm)(`values ${needsHelm}`, () => {
  test.each([
    ['heddle-crds', []],
    ['heddle-control-plane', []],
    ['heddle-control-plane', ['values-ha.yaml']],
    ['heddle-control-plane', ['values-linkerd.yaml']],
    ['heddle-control-plane', ['values-ha.yaml', 'values-linkerd.yaml']],
  ])('helm lint %s %j', async (chart, files) => {
    const folder = join(charts, chart);
    const { isOk, stdout } = await helm(
      'lint',
      '--strict',
      folder,
      ...files.flatMap((each) => ['-f', join(folder, each)]),
    );
    expect(stdout).toContain('0 chart(s) failed');
    expect(isOk).toBe(true);
  });

  test.each(installs)('%s: the injector takes the values it is given', async (_name, options) => {
    const settings = settingsFrom(parse(configOf(await render(options))));
    expect(settings).toMatchObject({ uid: 2102, isTokenProjected: true });
  });

  test('what is set reaches the injector', async () => {
    const rendered = await render({
      values: {
        'proxy.uid': 1_000_650_000,
        'proxyInit.runAsUser': 1_000_650_000,
        'proxy.logHTTPHeaders': false,
        'proxy.opaquePorts': '25,4000-4010',
        'proxy.resources.cpu.limit': 2,
        'proxy.additionalEnv[0].name': 'A',
        'proxy.additionalEnv[0].value': 'on',
        'proxy.defaultInboundPolicy': 'deny',
        'proxyInit.iptablesMode': 'legacy',
        disableIPv6: true,
      },
    });
    expect(settingsFrom(parse(configOf(rendered)))).toMatchObject({
      uid: 1_000_650_000,
      initUid: 1_000_650_000,
      logHttpHeaders: 'off',
      cpuLimit: { text: '2' },
      additionalEnv: [{ name: 'A', value: 'on' }],
      defaultInboundPolicy: 'deny',
      iptablesMode: 'legacy',
      isIpv6Disabled: true,
    });
  });

  test('keys are in no ConfigMap', async () => {
    const rendered = await render({
      values: {
        'proxyInjector.crtPEM': 'CRT',
        'proxyInjector.keyPEM': 'hush-1',
        'policyValidator.crtPEM': 'CRT',
        'policyValidator.keyPEM': 'hush-2',
        identityTrustAnchorsPEM: 'CA',
        'identity.issuer.tls.crtPEM': 'CRT',
        'identity.issuer.tls.keyPEM': 'hush-3',
      },
    });
    expect(JSON.stringify(rendered.ofKind('ConfigMap'))).not.toContain('hush');
    expect(configOf(rendered)).not.toMatch(/^_|BEGIN|keyPEM|crtPEM/m);
  });

  test("values-linkerd.yaml restores Linkerd's defaults", async () => {
    const settings = settingsFrom(parse(configOf(await render({ files: ['values-linkerd.yaml'] }))));
    expect(settings).toMatchObject({ defaultInboundPolicy: 'all-unauthenticated', isIpv6Disabled: true });
  });

  /** Helm tells everything that is wrong at once; what contradicts each other is asked in another go. */
  test.each([
    [
      'wrong',
      [
        [{ nonsense: 1 }, "'nonsense'"],
        [{ 'proxy.uuid': 1 }, "at '/proxy': additional properties 'uuid' not allowed"],
        [{ 'proxy.uid': 'root' }, "at '/proxy/uid': got string, want integer"],
        [{ 'proxy.ports.inbound': 65_536 }, "at '/proxy/ports/inbound': maximum"],
        [{ 'proxy.defaultInboundPolicy': 'allow' }, "at '/proxy/defaultInboundPolicy': value must be one of"],
        [
          { 'proxy.outboundConnectTimeout': '5 seconds' },
          "at '/proxy/outboundConnectTimeout': '5 seconds' does not match",
        ],
        [{ 'proxy.accessLog': 'xml' }, "at '/proxy/accessLog': value must be one of"],
        [{ 'proxy.await': 'yes' }, "at '/proxy/await': got string, want boolean"],
        [{ 'proxy.resources.cpu.requests': '1' }, "additional properties 'requests' not allowed"],
        [{ webhookFailurePolicy: 'fail' }, "at '/webhookFailurePolicy': value must be one of 'Fail', 'Ignore'"],
        [{ controllerReplicas: 'two' }, "at '/controllerReplicas': got string, want integer"],
        [{ controllerUID: 0 }, "at '/controllerUID': minimum"],
        [{ clusterNetworks: '' }, "at '/clusterNetworks': minLength"],
        [{ 'imagePullSecrets[0]': 'registry' }, "at '/imagePullSecrets/0': got string, want object"],
        [{ 'podLabels.a': true }, "at '/podLabels/a': got boolean, want string"],
        [{ 'identity.issuer.scheme': 'x509' }, "at '/identity/issuer/scheme': value must be one of"],
        [{ 'identity.serviceAccountTokenProjection': false }, "at '/identity/serviceAccountTokenProjection'"],
        [{ 'proxyInjector.objectSelector.matchLabels.a': 'b' }, "additional properties 'objectSelector' not allowed"],
        [{ 'proxyInjector.timeoutSeconds': 31 }, "at '/proxyInjector/timeoutSeconds': maximum"],
        [{ 'proxyInjector.namespaceSelector.matchExpressions[0].key': 'a' }, "missing property 'operator'"],
        [{ 'deploymentStrategy.rollingUpdate.maxSurge': 'many' }, "'many' does not match"],
        [{ 'proxyInit.iptablesMode': 'ebpf' }, "at '/proxyInit/iptablesMode': value must be one of"],
        [{ 'profileValidator.externalSecret': true }, "'profileValidator'"],
        [{ disableHeartBeat: true }, "'disableHeartBeat'"],
      ],
    ],
    [
      'wrong otherwise',
      [
        [{ 'proxy.uid': 0 }, "at '/proxy/uid': minimum"],
        [{ controllerReplicas: -1 }, "at '/controllerReplicas': minimum"],
        [{ imagePullSecrets: 'registry' }, "at '/imagePullSecrets': got string, want array"],
      ],
    ],
  ] as const)('what is %s is refused, in words that say where', async (_name, cases) => {
    const values = Object.assign({}, ...cases.map(([value]) => value)) as Record<string, string>;
    const refusal = await refusalOf({ values });
    for (const [, reason] of cases) expect(refusal).toContain(reason);
  });
});
