/** What the injector looks at in a pod. Everything else passes through untouched. */
import {
  flagAt,
  type JsonObject,
  listAt,
  objectAt,
  ShapeError,
  textAt,
  textMapAt,
  wholeNumberAt,
} from '@heddle/admission';

import type { Owner } from './outcome.ts';

export interface PodView {
  /** The name, or the prefix of a name that is yet to be made. */
  readonly name: string;
  /** Undefined where the pod has none, which decides how a patch adds to it. The same holds for lists. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** The owner that controls the pod, as the pod names it: a ReplicaSet rather than its Deployment. */
  readonly controller: Owner | undefined;
  readonly isHostNetwork: boolean;
  /** `linux` unless the pod says otherwise. */
  readonly os: string;
  readonly runAs: RunAs;
  readonly containers: readonly ContainerView[];
  readonly initContainers: readonly ContainerView[] | undefined;
  /** Those that joined the pod while it ran. */
  readonly ephemeralContainers: readonly ContainerView[];
  readonly volumeNames: readonly string[] | undefined;
}

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  /** An init container that goes on beside the containers (KEP-753). */
  readonly isNativeSidecar: boolean;
  readonly runAs: RunAs;
  readonly isPrivileged: boolean;
  /** Those added to what the runtime gives, without `CAP_`; of `ALL`, each that matters here. */
  readonly capabilities: ReadonlySet<string>;
  readonly ports: readonly ContainerPortView[];
  /** Of its probes and hooks, those by which the kubelet asks the pod over HTTPS. */
  readonly httpsCalls: readonly HttpsCallView[];
}

export interface HttpsCallView {
  /** The field that asks for it: `readinessProbe`. */
  readonly by: string;
  /** A name is that of one of the container's own ports. */
  readonly port: number | string;
}

export interface RunAs {
  readonly user: number | undefined;
  readonly group: number | undefined;
}

export interface ContainerPortView {
  /** Empty when the port has no name. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/** @throws {ShapeError} */
export const readPod = (value: unknown): PodView => {
  const pod = objectAt(value, 'the pod') ?? fail('the pod', 'there');
  const metadata = objectAt(pod['metadata'], 'metadata') ?? {};
  const spec = objectAt(pod['spec'], 'spec') ?? fail('spec', 'there');
  const containers = readContainers(spec, 'containers');
  if (containers === undefined || containers.length === 0) return fail('spec.containers', 'a list of containers');
  return {
    name: textAt(metadata['name'], 'metadata.name') || textAt(metadata['generateName'], 'metadata.generateName'),
    labels: textMapAt(metadata['labels'], 'metadata.labels'),
    annotations: textMapAt(metadata['annotations'], 'metadata.annotations'),
    controller: readController(metadata),
    isHostNetwork: flagAt(spec['hostNetwork'], 'spec.hostNetwork'),
    os: textAt(objectAt(spec['os'], 'spec.os')?.['name'], 'spec.os.name') || 'linux',
    runAs: readRunAs(spec['securityContext'], 'spec.securityContext'),
    containers,
    initContainers: readContainers(spec, 'initContainers'),
    ephemeralContainers: readContainers(spec, 'ephemeralContainers') ?? [],
    volumeNames: listAt(spec['volumes'], 'spec.volumes')?.map((volume, index) =>
      textAt(objectAt(volume, `spec.volumes[${index}]`)?.['name'], `spec.volumes[${index}].name`),
    ),
  };
};

const readContainers = (spec: JsonObject, field: string): readonly ContainerView[] | undefined =>
  listAt(spec[field], `spec.${field}`)?.map((value, index) => {
    const path = `spec.${field}[${index}]`;
    const container = objectAt(value, path) ?? fail(path, 'an object');
    return {
      name: textAt(container['name'], `${path}.name`),
      image: textAt(container['image'], `${path}.image`),
      isNativeSidecar: textAt(container['restartPolicy'], `${path}.restartPolicy`) === 'Always',
      runAs: readRunAs(container['securityContext'], `${path}.securityContext`),
      ...readRights(container['securityContext'], `${path}.securityContext`),
      ports: (listAt(container['ports'], `${path}.ports`) ?? []).map((port, at) =>
        readPort(port, `${path}.ports[${at}]`),
      ),
      httpsCalls: readHttpsCalls(container, path),
    };
  });

const readPort = (value: unknown, path: string): ContainerPortView => {
  const port = objectAt(value, path) ?? fail(path, 'an object');
  return {
    name: textAt(port['name'], `${path}.name`),
    port: wholeNumberAt(port['containerPort'], `${path}.containerPort`) ?? fail(`${path}.containerPort`, 'there'),
    protocol: textAt(port['protocol'], `${path}.protocol`) || 'TCP',
  };
};

const readHttpsCalls = (container: JsonObject, path: string): readonly HttpsCallView[] => {
  const lifecycle = objectAt(container['lifecycle'], `${path}.lifecycle`) ?? {};
  const read = (parent: JsonObject, by: string, at: string): readonly HttpsCallView[] => {
    const { httpGet } = objectAt(parent[by], `${at}.${by}`) ?? {};
    const { scheme, host, port } = objectAt(httpGet, `${at}.${by}.httpGet`) ?? {};
    // With a host of its own the call goes elsewhere.
    if (textAt(scheme, `${at}.${by}.httpGet.scheme`) !== 'HTTPS' || textAt(host, `${at}.${by}.httpGet.host`) !== '') {
      return [];
    }
    return typeof port === 'number' || typeof port === 'string' ? [{ by, port }] : [];
  };
  return [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((by) => read(container, by, path)),
    ...['postStart', 'preStop'].flatMap((by) => read(lifecycle, by, `${path}.lifecycle`)),
  ];
};

const readRunAs = (value: unknown, path: string): RunAs => {
  const context = objectAt(value, path) ?? {};
  return {
    user: wholeNumberAt(context['runAsUser'], `${path}.runAsUser`),
    group: wholeNumberAt(context['runAsGroup'], `${path}.runAsGroup`),
  };
};

const readRights = (value: unknown, path: string): Pick<ContainerView, 'isPrivileged' | 'capabilities'> => {
  const context = objectAt(value, path) ?? {};
  const { add } = objectAt(context['capabilities'], `${path}.capabilities`) ?? {};
  const names = (listAt(add, `${path}.capabilities.add`) ?? []).map((each, index) =>
    textAt(each, `${path}.capabilities.add[${index}]`).replace(/^CAP_/i, '').toUpperCase(),
  );
  return {
    isPrivileged: flagAt(context['privileged'], `${path}.privileged`),
    capabilities: new Set(names.includes('ALL') ? [...names, 'NET_ADMIN'] : names),
  };
};

const readController = (metadata: JsonObject): PodView['controller'] => {
  const references = listAt(metadata['ownerReferences'], 'metadata.ownerReferences') ?? [];
  for (const [index, value] of references.entries()) {
    const path = `metadata.ownerReferences[${index}]`;
    const reference = objectAt(value, path) ?? {};
    if (!flagAt(reference['controller'], `${path}.controller`)) continue;
    return {
      kind: textAt(reference['kind'], `${path}.kind`),
      name: textAt(reference['name'], `${path}.name`),
      apiVersion: textAt(reference['apiVersion'], `${path}.apiVersion`),
      uid: textAt(reference['uid'], `${path}.uid`),
    };
  }
  return undefined;
};

const fail = (path: string, expected: string): never => {
  throw new ShapeError(path, expected);
};
