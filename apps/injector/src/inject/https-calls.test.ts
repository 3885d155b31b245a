import { describe, expect, test } from 'vitest';
import { installFrom } from '../testing/install.ts';
import { container, type PodParts, podFrom, tcp } from '../testing/pods.ts';
import { injectPod } from './inject-pod.ts';
import { readPod } from './pod-view.ts';

const warningsOf = (
  parts: PodParts,
  namespace: Readonly<Record<string, string>> = {},
  values: object = {},
): readonly string[] => {
  const annotations = { 'linkerd.io/inject': 'enabled', ...namespace };
  const pod = readPod(podFrom(parts));
  const outcome = injectPod({ pod, namespace: { name: 'shop', annotations }, owner: undefined }, installFrom(values));
  return outcome.kind === 'inject' ? outcome.warnings : [JSON.stringify(outcome)];
};

const config = (name: string, value: string) => ({ [`config.linkerd.io/${name}`]: value });
const https = (more: object = {}) => ({ httpGet: { scheme: 'HTTPS', path: '/ready', port: 8443, ...more } });
const ports = [tcp(8080, 'http'), tcp(8443, 'tls')];
const probed = (parts: object, name = 'web') => container(name, { ports, ...parts });
const withHttps = { containers: [probed({ readinessProbe: https() })] };
const warning = (calls: string, by = 'default-inbound-policy all-authenticated') =>
  expect.stringMatching(
    new RegExp(`^${calls} over HTTPS, without a mesh identity, which ${by} refuses unless`),
  ) as string;

describe('the kubelet asks over HTTPS', () => {
  test.each<[string, PodParts, readonly string[]]>([
    ['in no probe', { containers: [probed({ readinessProbe: https({ scheme: 'HTTP' }) })] }, []],
    ['without a scheme', { containers: [probed({ readinessProbe: { httpGet: { port: 8443 } } })] }, []],
    ['in another form', { containers: [probed({ livenessProbe: { tcpSocket: { port: 8443 } } })] }, []],
    ['another host', { containers: [probed({ readinessProbe: https({ host: 'status.example.com' }) })] }, []],
    ['a port that has no name', { containers: [probed({ readinessProbe: https({ port: 'metrics' }) })] }, []],
    ['a port by number', withHttps, [warning('container web, port 8443: readinessProbe')]],
    [
      'a port by the name that its container gives it',
      {
        containers: [
          container('other', { ports: [tcp(9443, 'tls')] }),
          probed({ startupProbe: https({ port: 'tls' }) }),
        ],
      },
      [warning('container web, port 8443: startupProbe')],
    ],
    [
      'in every way',
      {
        containers: [
          probed({
            livenessProbe: https(),
            readinessProbe: https({ port: 'tls' }),
            startupProbe: https({ port: 9443 }),
            lifecycle: { postStart: https(), preStop: https({ port: 9443 }) },
          }),
        ],
      },
      [
        warning('container web, port 8443: livenessProbe, readinessProbe, postStart'),
        warning('container web, port 9443: startupProbe, preStop'),
      ],
    ],
    [
      'a native sidecar',
      { spec: { initContainers: [probed({ restartPolicy: 'Always', livenessProbe: https() }, 'auth')] } },
      [warning('container auth, port 8443: livenessProbe')],
    ],
  ])('%s', (_, parts, expected) => {
    expect(warningsOf(parts)).toEqual(expected);
  });
});

describe('what is said of it', () => {
  const refused = [warning('container web, port 8443: readinessProbe')];
  const by = (policy: string) => [
    warning('container web, port 8443: readinessProbe', `default-inbound-policy ${policy}`),
  ];
  const identity = 'proxy-require-identity-inbound-ports';
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['all-unauthenticated', config('default-inbound-policy', 'all-unauthenticated'), []],
    ['cluster-unauthenticated', config('default-inbound-policy', 'cluster-unauthenticated'), []],
    ['audit', config('default-inbound-policy', 'audit'), []],
    ['all-authenticated', config('default-inbound-policy', 'all-authenticated'), by('all-authenticated')],
    ['cluster-authenticated', config('default-inbound-policy', 'cluster-authenticated'), by('cluster-authenticated')],
    ['deny', config('default-inbound-policy', 'deny'), by('deny')],
    [
      'an identity that the port requires',
      { ...config('default-inbound-policy', 'audit'), ...config(identity, '8000-9000') },
      [warning('container web, port 8443: readinessProbe', identity)],
    ],
    [
      'an identity that another port requires',
      { ...config('default-inbound-policy', 'audit'), ...config(identity, '8080') },
      [],
    ],
    ['a skipped port', config('skip-inbound-ports', '25,8000-9000'), []],
    ['another skipped port', config('skip-inbound-ports', '8080'), refused],
    ['the admin port', config('admin-port', '8443'), [expect.stringMatching(/^port 8443 is the proxy's too/)]],
    ['an opaque port', config('opaque-ports', '8443'), refused],
  ])('under %s, said of pod and namespace', (_, annotations, expected) => {
    expect(warningsOf({ ...withHttps, annotations })).toEqual(expected);
    expect(warningsOf(withHttps, annotations)).toEqual(expected);
  });

  test('by the install', () => {
    expect(warningsOf(withHttps, {}, { proxy: { defaultInboundPolicy: 'all-unauthenticated' } })).toEqual([]);
    expect(warningsOf(withHttps, {}, { proxyInit: { ignoreInboundPorts: '8443' } })).toEqual([]);
    expect(
      warningsOf(withHttps, config('default-inbound-policy', 'deny'), {
        proxy: { defaultInboundPolicy: 'all-unauthenticated' },
      }),
    ).toEqual(by('deny'));
  });
});

test('it says what to do', () => {
  expect(warningsOf(withHttps)).toEqual([
    'container web, port 8443: readinessProbe over HTTPS, without a mesh identity, which default-inbound-policy ' +
      'all-authenticated refuses unless a Server (proxyProtocol: TLS or opaque) and an AuthorizationPolicy with a ' +
      'NetworkAuthentication let the nodes in; or name the port in config.linkerd.io/skip-inbound-ports, or probe over ' +
      'HTTP or by exec',
  ]);
});
