/**
 * What holds of every pod that the API server would take and the kubelet could run, whatever was injected. Written
 * against Kubernetes, knowing nothing of how a patch is made.
 */
import { expect } from 'vitest';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports?: readonly { readonly name?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: { readonly runAsUser?: number };
}

export interface Pod {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly { readonly name: string }[];
    readonly securityContext?: { readonly runAsUser?: number };
  };
}

const expectUnique = (names: readonly string[], what: string): void => {
  expect(names.toSorted(), what).toEqual([...new Set(names)].toSorted());
};

export const expectValidPod = ({ metadata, spec }: Pod): void => {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  expectUnique(
    containers.map(({ name }) => name),
    'container names',
  );
  expectUnique(volumes, 'volume names');
  for (const each of containers) expectValidContainer(each, volumes);
  for (const { name, restartPolicy } of spec.containers) expect(restartPolicy, name).toBeUndefined();
  for (const [name, value] of Object.entries(metadata.labels ?? {})) {
    expect(value, name).toMatch(/^(?=.{0,63}$)(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?$/);
  }
  for (const name of Object.keys(metadata.annotations ?? {})) expect(name).toMatch(/^(?:[a-z0-9.-]+\/)?[\w.-]{1,63}$/);
};

const expectValidContainer = (
  { name, image, env = [], ports = [], volumeMounts = [] }: Container,
  volumes: string[],
) => {
  expect(image, name).not.toBe('');
  expectUnique(
    env.map((each) => each.name),
    `variables of ${name}`,
  );
  expectUnique(
    ports.flatMap((each) => each.name ?? []),
    `ports of ${name}`,
  );
  expectUnique(
    volumeMounts.map(({ mountPath }) => mountPath),
    `mounts of ${name}`,
  );
  for (const mount of volumeMounts) expect(volumes, `volumes, for ${name}`).toContain(mount.name);
  const defined = new Set<string>();
  for (const variable of env) {
    expect(typeof variable.value === 'string', variable.name).toBe(variable.valueFrom === undefined);
    for (const [, reference = ''] of (variable.value ?? '').matchAll(/\$\(([^)]*)\)/g)) {
      expect([...defined], `variables before ${variable.name}`).toContain(reference);
    }
    defined.add(variable.name);
  }
};

/** The proxy and the container that redirects stand in the places that make them work. */
export const expectMeshed = ({ spec }: Pod): void => {
  const init = spec.initContainers ?? [];
  const redirect = init.findIndex(({ name }) => name === 'linkerd-init' || name === 'linkerd-network-validator');
  const native = init.findIndex(({ name }) => name === 'linkerd-proxy');
  const classic = spec.containers.findIndex(({ name }) => name === 'linkerd-proxy');
  expect([native, classic].filter((index) => index >= 0)).toHaveLength(1);
  if (native >= 0) expect([redirect, native, init[native]?.restartPolicy]).toEqual([0, 1, 'Always']);
  else expect(redirect).toBe(init.length - 1);
  const proxy = init[native] ?? spec.containers[classic];
  const user = proxy?.securityContext?.runAsUser;
  expect(user).toBeGreaterThan(0);
  for (const each of [...init, ...spec.containers]) {
    if (each !== proxy) expect(each.securityContext?.runAsUser ?? spec.securityContext?.runAsUser).not.toBe(user);
  }
};
