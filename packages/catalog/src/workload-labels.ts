/** The metric labels of a workload (wire §3.7): what owns it and who it is. */
import type { Workload } from './workload.ts';

/** `pod`, and the name of its owner under the owner's kind: `deployment`, `statefulset` … */
export const ownerLabels = ({ pod }: Workload): Readonly<Record<string, string>> => {
  const { name, labels, ownerReferences } = pod.metadata;
  const hash = labels['pod-template-hash'];
  const owner = ownerReferences.find((reference) => reference.isController) ?? ownerReferences[0];
  return {
    pod: name,
    ...(owner ? ownerLabel(owner.kind, owner.name, hash) : {}),
    ...(hash === undefined ? {} : { pod_template_hash: hash }),
  };
};

/** A ReplicaSet named after its Deployment and the template's hash stands for the Deployment. */
const ownerLabel = (kind: string, name: string, hash: string | undefined): Readonly<Record<string, string>> =>
  kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)
    ? { deployment: name.slice(0, -hash.length - 1) }
    : { [kind.toLowerCase()]: name };

/** `serviceaccount`, and `control_plane_ns` when it is meshed. */
export const identityLabels = ({ pod, controlPlane }: Workload): Readonly<Record<string, string>> => ({
  serviceaccount: pod.spec.serviceAccountName,
  ...(controlPlane === undefined ? {} : { control_plane_ns: controlPlane }),
});
