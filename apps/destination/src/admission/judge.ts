/**
 * A policy resource that is about to be stored -> whether it may be, and what its author should know. What is refused is
 * what cannot be read (features §2.6 "Admission"; the rules are those of `@heddle/crds`); what is warned of is what takes
 * effect otherwise than it seems, among everything else that is there.
 */
import { type AdmissionAnswer, type AdmissionRequest, type JsonObject, objectAt, ShapeError } from '@heddle/admission';
import type { Catalog } from '@heddle/catalog';
import { formatProblem, isForeignRoute, keyOf, keyText, type ParseResult, type Problem, quote } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { parseObject } from '@heddle/manifests';

export interface JudgeDependencies {
  readonly catalog: Pick<Catalog, 'preview'>;
  /** Whether the catalog holds the whole cluster: on half of it, nothing is warned of. */
  readonly isSynced: () => boolean;
}

/** The kinds of the rules that the chart gives the webhook. */
export const judgedKinds: readonly string[] = [
  'Server',
  'AuthorizationPolicy',
  'MeshTLSAuthentication',
  'NetworkAuthentication',
  'ServerAuthorization',
  'HTTPRoute',
  'HTTPLocalRateLimitPolicy',
  'EgressNetwork',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
];

/** Groups whose resources are read; what else is sent here is a mistake in the webhook's rules. */
const policyGroups = new Set(['policy.linkerd.io', 'workload.linkerd.io', 'linkerd.io']);
const gatewayGroup = 'gateway.networking.k8s.io';

export const judge = (request: AdmissionRequest, deps: JudgeDependencies): AdmissionAnswer => {
  const { group, kind, operation } = request;
  if (!policyGroups.has(group) && group !== gatewayGroup) {
    return refuse(400, `${quote(kind)} of group ${quote(group)} is not a policy; mend the webhook's rules`);
  }
  if (operation !== 'CREATE' && operation !== 'UPDATE') return allow([]);
  const object = objectFrom(request);
  if (typeof object === 'string') return refuse(422, object);
  // What is on its way out may lose its finalizers, whatever is in it.
  const deletedAt = objectAt(object['metadata'], 'metadata')?.['deletionTimestamp'];
  if (deletedAt !== undefined && deletedAt !== null) return allow([]);
  if (isForeignRoute(group, object)) return allow([]);
  return answerTo(parseObject(object), request, deps);
};

/** The object as an object of its group, version and kind, in the namespace it is made in; or what it is instead. */
const objectFrom = ({ group, version, kind, namespace, object }: AdmissionRequest): JsonObject | string => {
  try {
    const found = objectAt(object, 'the object');
    if (found === undefined) return 'there is no object in the review';
    const metadata = objectAt(found['metadata'], 'metadata') ?? {};
    return { ...found, apiVersion: `${group}/${version}`, kind, metadata: { ...named(metadata), namespace } };
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
};

/** A name that is yet to be made up has the form of what it will be. */
const named = (metadata: JsonObject): JsonObject => {
  const { name, generateName } = metadata;
  return name === undefined && typeof generateName === 'string' ? { ...metadata, name: `${generateName}x` } : metadata;
};

const answerTo = (result: ParseResult, request: AdmissionRequest, deps: JudgeDependencies): AdmissionAnswer => {
  const { group, version, kind } = request;
  const isGateway = group === gatewayGroup;
  switch (result.kind) {
    case 'ignored':
      return isGateway ? allow([`the mesh does not read objects of kind ${kind}`]) : refuse(400, result.message);
    case 'object':
      return allow([...result.problems.map(formatProblem), ...troublesWith(result.object, deps)]);
    case 'invalid': {
      // A newer version of somebody else's kind: it reaches us as a version that we know, and is read then.
      if (isGateway && result.problems.every(({ path }) => path.length === 1 && path[0] === 'apiVersion')) {
        return allow([`${group}/${version} ${kind} is not validated here; the mesh reads it as an older version`]);
      }
      return refuse(422, refusalText(result.problems));
    }
  }
};

const troublesWith = (object: KubernetesObject, { catalog, isSynced }: JudgeDependencies): readonly string[] => {
  if (!isSynced()) return [];
  const own = keyText(keyOf(object));
  const texts = catalog
    .preview(object)
    .map(({ key, condition: { message } }) => (keyText(key) === own ? message : `${key.kind} ${key.name}: ${message}`));
  return [...new Set(texts)];
};

/** More of them would help nobody. */
const maxProblems = 8;

const refusalText = (problems: readonly Problem[]): string => {
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  const more = errors.length - maxProblems;
  return errors.slice(0, maxProblems).join('; ') + (more > 0 ? `; and ${more} more` : '');
};

const allow = (warnings: readonly string[]): AdmissionAnswer => ({ kind: 'allow', patch: [], warnings });

const refuse = (code: number, message: string): AdmissionAnswer => ({ kind: 'refuse', code, message });
