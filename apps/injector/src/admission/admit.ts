/**
 * A request for admission -> its answer. Everything that is not understood is refused: whether a pod may be made all the
 * same is for the webhook's failure policy to say, not for us (DESIGN §7, "no fail-open moment").
 */
import { type AdmissionAnswer, type AdmissionRequest, ShapeError } from '@heddle/admission';
import type { NamespaceLookup } from '../cluster/lookup.ts';
import { ownerOf } from '../cluster/owner.ts';
import { checkEphemeralContainers } from '../inject/ephemeral-containers.ts';
import { injectPod } from '../inject/inject-pod.ts';
import { annotateService } from '../inject/inject-service.ts';
import type { InstallConfig } from '../inject/install-config.ts';
import type { AnnotationAt, NamespaceView, Outcome, Owner } from '../inject/outcome.ts';
import { type PodView, readPod } from '../inject/pod-view.ts';
import { readService } from '../inject/service-view.ts';

export interface AdmitDependencies {
  readonly lookup: NamespaceLookup;
  /** Undefined until the install has been read. */
  readonly install: () => InstallConfig | undefined;
  /** Told of every pod that was decided about. */
  readonly onPod: (decision: PodDecision) => void;
}

export interface PodDecision {
  readonly pod: PodView;
  readonly namespace: string;
  readonly owner: Owner | undefined;
  readonly annotationAt: AnnotationAt;
  readonly outcome: Outcome;
  readonly isDryRun: boolean;
}

export const admit = async (request: AdmissionRequest, deps: AdmitDependencies): Promise<AdmissionAnswer> => {
  const install = deps.install();
  if (install === undefined) return notYet(request, 'the install values and trust anchors are not there yet');
  if (request.group !== '' || (request.kind !== 'Pod' && request.kind !== 'Service')) {
    return refuse(400, `${request.group}/${request.kind} is neither a Pod nor a Service; mend the webhook's rules`);
  }
  if (request.kind === 'Pod' && request.subresource === 'ephemeralcontainers') return admitEphemeral(request.object);
  // Nothing is injected into what exists, and what is deleted has no object.
  if (request.operation !== 'CREATE') return allowed([], []);
  const annotations = await deps.lookup.annotationsOf(request.namespace);
  if (annotations === undefined)
    return notYet(request, `namespace ${JSON.stringify(request.namespace)} is not known here`);
  const namespace: NamespaceView = { name: request.namespace, annotations };
  try {
    return request.kind === 'Service'
      ? allowed(annotateService(readService(request.object), namespace, install), [])
      : admitPod(readPod(request.object), namespace, install, request.isDryRun, deps);
  } catch (error) {
    if (error instanceof ShapeError) return refuse(422, `the ${request.kind} cannot be read: ${error.message}`);
    throw error;
  }
};

/** Containers that join a living pod, as `kubectl debug` makes them, must not be the proxy's user either. */
const admitEphemeral = (object: unknown): AdmissionAnswer => {
  try {
    const { problems, warnings } = checkEphemeralContainers(readPod(object));
    if (problems.length === 0) return allowed([], warnings);
    return refuse(422, `the container must not join the pod: ${problems.join('; ')}`);
  } catch (error) {
    if (error instanceof ShapeError) return refuse(422, `the pod cannot be read: ${error.message}`);
    throw error;
  }
};

const admitPod = (
  pod: PodView,
  namespace: NamespaceView,
  install: InstallConfig,
  isDryRun: boolean,
  { lookup, onPod }: AdmitDependencies,
): AdmissionAnswer => {
  const owner = ownerOf(pod, namespace.name, lookup);
  const outcome = injectPod({ pod, namespace, owner }, install);
  const annotationAt = outcome.kind === 'refuse' ? '' : outcome.annotationAt;
  onPod({ pod, namespace: namespace.name, owner, annotationAt, outcome, isDryRun });
  return outcome.kind === 'refuse' ? refuse(422, outcome.message) : allowed(outcome.patch, outcome.warnings);
};

const allowed = (
  patch: Extract<AdmissionAnswer, { kind: 'allow' }>['patch'],
  warnings: readonly string[],
): AdmissionAnswer => ({ kind: 'allow', patch, warnings });

const refuse = (code: number, message: string): AdmissionAnswer => ({ kind: 'refuse', code, message });

/**
 * Controllers try again by themselves, and so can people. A Service need not wait: discovery knows the defaults, and what
 * its namespace says, without the annotation.
 */
const notYet = ({ kind }: AdmissionRequest, what: string): AdmissionAnswer =>
  kind === 'Service'
    ? allowed([], [`opaque ports are not written down: ${what}`])
    : refuse(503, `${what}; try again in a moment`);
