/**
 * What is wrong between resources that are each right: references to nothing, Servers that overlap, routes that cannot
 * take effect. The catalog's own verdicts say most of it, as they would in a cluster; here they get a file and a line.
 */
import type { Catalog, Condition, ResourceStatus } from '@heddle/catalog';
import {
  formatPath,
  type GrpcRoute,
  type HttpRoute,
  keyOf,
  matchesSelector,
  type ObjectKey,
  type ObjectMeta,
  type ProblemPath,
  type Server,
} from '@heddle/crds';
import type { KubernetesObject, Pod } from '@heddle/crds/core';
import { defaultPolicyNames } from '@heddle/policy';
import type { LocatedObject } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { createOfflineCluster, isWorkload } from './offline-cluster.ts';

interface Finding {
  readonly severity: ManifestProblem['severity'];
  readonly path: ProblemPath;
  readonly message: string;
}

/**
 * Checks the objects of a set against each other. `isPartial`: a cluster holds more than the set, so that a reference to
 * what is not among them is only a warning.
 */
export const checkResources = (
  entries: readonly LocatedObject[],
  { isPartial = false }: { readonly isPartial?: boolean } = {},
): readonly ManifestProblem[] => {
  const { catalog, objects } = createOfflineCluster(entries.map(({ object }) => object));
  const parts = { catalog, objects, isPartial };
  return entries.flatMap((entry) =>
    findings(entry.object, parts).map(({ severity, path, message }) => ({
      severity,
      file: entry.file,
      line: entry.lineOf(path),
      message: `${formatPath(path)}: ${message}`,
    })),
  );
};

interface Surroundings {
  readonly catalog: Catalog;
  readonly objects: readonly KubernetesObject[];
  readonly isPartial: boolean;
}

const findings = (object: KubernetesObject, around: Surroundings): readonly Finding[] => [
  ...fromStatus(object, around),
  ...unknownDefaultPolicy(object),
  ...(object.kind === 'Server' ? selectsNothing(object, around) : []),
  ...(object.kind === 'HTTPRoute' || object.kind === 'GRPCRoute' ? routesWithoutHttp(object, around) : []),
];

/** Reasons that name something which is not there, or can never take effect. */
const brokenReasons: ReadonlySet<string> = new Set([
  'NoMatchingTarget',
  'NoMatchingParent',
  'AuthenticationNotFound',
  'BackendNotFound',
  'InvalidKind',
  'Invalid',
]);

const fromStatus = (object: KubernetesObject, { catalog, isPartial }: Surroundings): readonly Finding[] => {
  const status = catalog.status(keyOf(object));
  if (status === undefined) return [];
  const found = (path: ProblemPath, { reason, message }: Condition): Finding => ({
    severity: brokenReasons.has(reason) && !isPartial ? 'error' : 'warning',
    path,
    message,
  });
  const ofObject = failing(status.conditions).map((condition) => found(pathOf(status.key, condition), condition));
  return [...ofObject, ...fromParents(object, status, found)];
};

const fromParents = (
  object: KubernetesObject,
  { parents }: ResourceStatus,
  found: (path: ProblemPath, condition: Condition) => Finding,
): readonly Finding[] => {
  if (object.kind !== 'HTTPRoute' && object.kind !== 'GRPCRoute') return [];
  return parents.flatMap(({ ref, conditions }) => {
    const parent = ['spec', 'parentRefs', object.spec.parentRefs.indexOf(ref)];
    return failing(conditions).map((condition) =>
      found(condition.type === 'Accepted' ? parent : ['spec', 'rules'], condition),
    );
  });
};

const failing = (conditions: readonly Condition[]): readonly Condition[] => conditions.filter(({ isTrue }) => !isTrue);

/** Where in an object the reason for a condition stands. */
const pathOf = ({ kind }: ObjectKey, { type }: Condition): ProblemPath => {
  switch (kind) {
    case 'AuthorizationPolicy':
      return type === 'ResolvedRefs' ? ['spec', 'requiredAuthenticationRefs'] : ['spec', 'targetRef'];
    case 'MeshTLSAuthentication':
      return ['spec', 'identityRefs'];
    case 'ServerAuthorization':
      return ['spec', 'server'];
    case 'HTTPLocalRateLimitPolicy':
      return ['spec', 'targetRef'];
    case 'Server':
      return ['spec', 'port'];
    default:
      return ['spec'];
  }
};

const defaultPolicyAnnotation = 'config.linkerd.io/default-inbound-policy';
const unknownDefaultPolicy = (object: KubernetesObject): readonly Finding[] => {
  const places: readonly (readonly [ProblemPath, ObjectMeta['annotations']])[] = [
    [['metadata', 'annotations'], object.metadata.annotations],
    ...(isWorkload(object)
      ? [[['spec', 'template', 'metadata', 'annotations'], object.template.annotations] as const]
      : []),
  ];
  return places.flatMap(([path, annotations]) => {
    const name = annotations[defaultPolicyAnnotation];
    if (name === undefined || defaultPolicyNames.some((known) => known === name)) return [];
    const mend = `use one of ${defaultPolicyNames.join(', ')}`;
    const message = `${JSON.stringify(name)} is not a default policy and counts as deny; ${mend}`;
    return [{ severity: 'warning', path: [...path, defaultPolicyAnnotation], message }];
  });
};

/** Told only where the set has pods of the namespace at all; else they are elsewhere. */
const selectsNothing = ({ metadata, spec }: Server, { objects }: Surroundings): readonly Finding[] => {
  const { workloads, port } = spec;
  const pods = objects.filter(
    (object): object is Pod => object.kind === 'Pod' && object.metadata.namespace === metadata.namespace,
  );
  if (workloads.kind !== 'pods' || pods.length === 0) return [];
  const selected = pods.filter((pod) => matchesSelector(workloads.selector, pod.metadata.labels));
  if (selected.length === 0) {
    return [{ severity: 'warning', path: ['spec', 'podSelector'], message: 'selects no pod of these files' }];
  }
  if (port.kind === 'number' || selected.some((pod) => hasPortNamed(pod, port.name))) return [];
  const message = `no container of the selected pods has a port named ${port.name}; name the port, or give its number`;
  return [{ severity: 'warning', path: ['spec', 'port'], message }];
};

const hasPortNamed = ({ spec }: Pod, name: string): boolean =>
  [...spec.initContainers, ...spec.containers].some(({ ports }) => ports.some((port) => port.name === name));

/** A Server takes routes only of what it speaks. */
const routesWithoutHttp = (route: HttpRoute | GrpcRoute, { objects }: Surroundings): readonly Finding[] =>
  route.spec.parentRefs.flatMap((ref, index): readonly Finding[] => {
    const server = objects.find(
      (object): object is Server =>
        object.kind === 'Server' &&
        ref.kind === 'Server' &&
        object.metadata.namespace === ref.namespace &&
        object.metadata.name === ref.name,
    );
    if (server === undefined) return [];
    const { proxyProtocol } = server.spec;
    const isRaw = proxyProtocol === 'opaque' || proxyProtocol === 'TLS';
    if (!isRaw && (route.kind === 'HTTPRoute' || proxyProtocol === 'gRPC')) return [];
    const wanted = route.kind === 'GRPCRoute' ? 'gRPC' : 'HTTP/1, HTTP/2 or unknown';
    const message = `${route.kind}s have no effect on Server ${ref.name}, whose proxyProtocol is ${proxyProtocol}; make it ${wanted}`;
    return [{ severity: 'warning', path: ['spec', 'parentRefs', index], message }];
  });
