/** The Deployments: who runs, what it may do, where it listens, and whether the process takes its environment. */
import { readConfig as readDestination } from '@heddle/app-destination/config';
import { readConfig as readIdentity } from '@heddle/app-identity/config';
import { readConfig as readInjector } from '@heddle/app-injector/config';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installs } from './testing/cases.ts';
import { hasHelm, needsHelm } from './testing/helm.ts';
import { type Deployment, environmentOf } from './testing/manifests.ts';
import { render } from './testing/render.ts';

const readers = {
  'linkerd-identity': readIdentity,
  'linkerd-destination': readDestination,
  'linkerd-proxy-injector': readInjector,
};

/** DESIGN section 2: the ports of each process. */
const ports = {
  'linkerd-identity': [8080, 9990],
  'linkerd-destination': [8086, 8090, 9443, 9996],
  'linkerd-proxy-injector': [8443, 9995],
};

const services: readonly (readonly [string, keyof typeof ports, boolean, number, number])[] = [
  ['linkerd-identity', 'linkerd-identity', false, 8080, 8080],
  ['linkerd-identity-headless', 'linkerd-identity', true, 8080, 8080],
  ['linkerd-dst', 'linkerd-destination', false, 8086, 8086],
  ['linkerd-dst-headless', 'linkerd-destination', true, 8086, 8086],
  ['linkerd-policy', 'linkerd-destination', true, 8090, 8090],
  ['linkerd-policy-validator', 'linkerd-destination', false, 443, 9443],
  ['linkerd-proxy-injector', 'linkerd-proxy-injector', false, 443, 8443],
];

describe.skipIf(!hasHelm)(`pods ${needsHelm}`, () => {
  describe.each(installs)('%s', (_name, options) => {
    test('nothing runs but the three processes, each as its own ServiceAccount', async () => {
      const rendered = await render(options);
      const deployments = rendered.ofKind('Deployment');
      expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual(Object.keys(readers).sort());
      for (const { metadata, spec } of deployments) {
        expect(spec.template.spec.serviceAccountName).toBe(metadata.name);
        expect(rendered.get('ServiceAccount', metadata.name).metadata.namespace).toBe(options.namespace ?? 'linkerd');
      }
    });

    test('every container is restricted, probed, and of this version', async () => {
      for (const { spec } of (await render(options)).ofKind('Deployment')) {
        const pod = spec.template.spec;
        expect(pod.initContainers).toBeUndefined();
        expect(pod).not.toHaveProperty('hostNetwork');
        expect(pod.securityContext).toEqual({
          runAsNonRoot: true,
          runAsUser: 2103,
          runAsGroup: 2103,
          fsGroup: 2103,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const { image, securityContext, livenessProbe, readinessProbe, ports, volumeMounts } of pod.containers) {
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
          });
          expect(livenessProbe).toMatchObject({
            httpGet: { path: '/live', port: 'admin-http' },
            timeoutSeconds: 5,
            failureThreshold: 6,
          });
          expect(readinessProbe).toMatchObject({ httpGet: { path: '/ready', port: 'admin-http' } });
          expect(ports.map(({ name }) => name)).toContain('admin-http');
          expect(image).toMatch(/heddle\/(identity|destination|injector):\d+\.\d+\.\d+$/);
          expect(volumeMounts.every(({ readOnly }) => readOnly)).toBe(true);
        }
        for (const { secret } of pod.volumes) if (secret) expect(secret.defaultMode).toBe(0o440);
      }
    });

    test('the processes take their environment, and listen where the ports say', async () => {
      const rendered = await render(options);
      for (const [name, read] of Object.entries(readers)) {
        const deployment = rendered.get('Deployment', name);
        const environment = environmentOf(deployment);
        expect(() => read(environment)).not.toThrow();
        const listening = Object.entries(environment)
          .filter(([variable]) => variable.endsWith('_LISTEN'))
          .map(([, address]) => Number(address.split(':').at(-1)))
          .sort((a, b) => a - b);
        const declared = deployment.spec.template.spec.containers[0]!.ports.map(({ containerPort }) => containerPort);
        expect(listening).toEqual(declared.sort((a, b) => a - b));
      }
    });

    test('selectors choose the pods of one process, and Services and budgets the same', async () => {
      const rendered = await render(options);
      const labelsOf = ({ spec }: Deployment): Readonly<Record<string, string>> => spec.template.metadata.labels!;
      const deployments = rendered.ofKind('Deployment');
      const chosenBy = (selector: Readonly<Record<string, string>>): readonly string[] =>
        deployments
          .filter((each) => Object.entries(selector).every(([key, value]) => labelsOf(each)[key] === value))
          .map(({ metadata }) => metadata.name);
      for (const { metadata, spec } of deployments) {
        expect(chosenBy(spec.selector.matchLabels)).toEqual([metadata.name]);
      }
      for (const { spec } of rendered.ofKind('Service')) expect(chosenBy(spec.selector)).toHaveLength(1);
      const budgets = rendered.ofKind('PodDisruptionBudget');
      for (const { spec } of budgets) {
        expect(spec).toMatchObject({ maxUnavailable: 1 });
        expect(chosenBy(spec.selector.matchLabels)).toHaveLength(1);
      }
    });
  });

  test('every Service of the design leads to its port', async () => {
    const rendered = await render();
    expect(
      rendered
        .ofKind('Service')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(services.map(([name]) => name).sort());
    for (const [name, process, isHeadless, port, target] of services) {
      const { spec } = rendered.get('Service', name);
      const deployment = rendered.get('Deployment', process);
      const containerPorts = deployment.spec.template.spec.containers[0]!.ports;
      expect(spec.clusterIP === 'None').toBe(isHeadless);
      expect(spec.ports).toHaveLength(1);
      expect(spec.ports[0]!.port).toBe(port);
      expect(containerPorts.find((each) => each.name === spec.ports[0]!.targetPort)?.containerPort).toBe(target);
      expect(spec.selector['linkerd.io/control-plane-component']).toBe(
        deployment.spec.template.metadata.labels!['linkerd.io/control-plane-component'],
      );
    }
    for (const [name, expected] of Object.entries(ports)) {
      const { containers } = rendered.get('Deployment', name).spec.template.spec;
      const declared = containers.flatMap((each) => each.ports.map(({ containerPort }) => containerPort));
      expect(declared.sort((a, b) => a - b)).toEqual(expected);
    }
  });

  test('names in the environment are those of the Services and accounts', async () => {
    const rendered = await render({
      namespace: 'mesh',
      values: { clusterDomain: 'k.example', identityTrustDomain: 't' },
    });
    expect(environmentOf(rendered.get('Deployment', 'linkerd-destination'))).toMatchObject({
      HEDDLE_IDENTITY_SVC_ADDR: 'linkerd-identity-headless.mesh.svc.k.example.:8080',
      HEDDLE_IDENTITY_SVC_NAME: 'linkerd-identity.mesh.serviceaccount.identity.mesh.t',
      HEDDLE_IDENTITY_LOCAL_NAME: 'linkerd-destination.mesh.serviceaccount.identity.mesh.t',
      HEDDLE_CLUSTER_DOMAIN: 'k.example',
      HEDDLE_TRUST_DOMAIN: 't',
    });
  });

  test('the injector is there twice, spread, first to be scheduled, and never wholly evicted', async () => {
    const rendered = await render();
    const { spec } = rendered.get('Deployment', 'linkerd-proxy-injector');
    expect(spec.replicas).toBe(2);
    expect(spec.template.spec).toMatchObject({
      priorityClassName: 'system-cluster-critical',
      topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', maxSkew: 1 }],
    });
    expect(rendered.has('PodDisruptionBudget', 'linkerd-proxy-injector')).toBe(true);
    expect(rendered.ofKind('PodDisruptionBudget')).toHaveLength(1);
  });

  test('high availability: three of each, apart, budgeted, one down at once, with requests', async () => {
    const rendered = await render({ files: ['values-ha.yaml'] });
    for (const { spec } of rendered.ofKind('Deployment')) {
      expect(spec.replicas).toBe(3);
      expect(spec.strategy).toEqual({ rollingUpdate: { maxUnavailable: 1, maxSurge: '25%' } });
      expect(spec.template.spec.affinity).toMatchObject({
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }],
        },
      });
      expect(spec.template.spec.containers[0]!.resources).toMatchObject({ requests: { cpu: '100m' } });
    }
    expect(rendered.ofKind('PodDisruptionBudget')).toHaveLength(3);
  });

  test('where pods run and what they are called is up to the values', async () => {
    const rendered = await render(installs[3]![1]);
    for (const { metadata, spec } of rendered.ofKind('Deployment')) {
      const pod = spec.template.spec;
      expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
      expect(pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
      expect(pod.runtimeClassName).toBe('gvisor');
      expect(pod.priorityClassName).toBe(metadata.name === 'linkerd-proxy-injector' ? 'system-cluster-critical' : 'y');
      expect(pod.containers[0]!.image).toMatch(/^registry\.example\.com\/mirror\/heddle\/[a-z]+:9\.9\.9$/);
      expect(spec.template.metadata.annotations).toEqual({ 'example.com/a': 'true' });
      expect(spec.template.metadata.labels).toMatchObject({ 'example.com/b': 'false', 'example.com/c': '1' });
      expect(rendered.get('ServiceAccount', metadata.name)).toMatchObject({ imagePullSecrets: [{ name: 'registry' }] });
    }
    for (const { metadata } of rendered.manifests) expect(metadata.labels).toMatchObject({ 'example.com/c': '1' });
  });

  test("labels of the user's do not replace those that selectors need", async () => {
    const rendered = await render({ values: { 'podLabels.linkerd\\.io/control-plane-component': 'x' } });
    expect(rendered.get('Deployment', 'linkerd-identity').spec.template.metadata.labels).toMatchObject({
      'linkerd.io/control-plane-component': 'identity',
    });
  });

  test('a registry goes before the images that name none', async () => {
    const imagesWith = async (imageRegistry: string, ...names: readonly string[]): Promise<readonly unknown[]> => {
      const keys = ['proxy.image.name', 'proxyInit.image.name', 'debugContainer.image.name'];
      const values = Object.fromEntries(keys.map((key, at) => [key, names[at] ?? '']));
      const rendered = await render({ values: { imageRegistry, ...values } });
      const config: unknown = parse(rendered.get('ConfigMap', 'linkerd-config').data['values'] ?? '');
      const { proxy, proxyInit, debugContainer } = config as Record<
        string,
        { readonly image: { readonly name: string } }
      >;
      return [proxy, proxyInit, debugContainer].map((each) => each?.image.name);
    };
    expect(await imagesWith('', 'heddle/proxy', 'a', 'b')).toEqual(['heddle/proxy', 'a', 'b']);
    expect(await imagesWith('r.example', 'heddle/proxy', 'proxy', 'cr.l5d.io/linkerd/proxy')).toEqual([
      'r.example/heddle/proxy',
      'r.example/proxy',
      'cr.l5d.io/linkerd/proxy',
    ]);
    expect(await imagesWith('r.example/a/', 'heddle/proxy', 'localhost/proxy', 'host:5000/proxy')).toEqual([
      'r.example/a/heddle/proxy',
      'localhost/proxy',
      'host:5000/proxy',
    ]);
  });

  test('disableIPv6 leaves [::] alone', async () => {
    const rendered = await render({ values: { disableIPv6: true } });
    for (const deployment of rendered.ofKind('Deployment')) {
      expect(JSON.stringify(environmentOf(deployment))).not.toContain('[::]');
    }
  });
});
