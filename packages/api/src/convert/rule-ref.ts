/** Names of what decided: metadata messages, and the label maps that older readers look at. */
import { create } from '@bufbuild/protobuf';
import type { RuleRef } from '@heddle/policy';
import { type Metadata, MetadataSchema } from '../gen/io/linkerd/proxy/meta_pb.ts';
import { refuse } from './decoded.ts';

export const ruleRefToProto = (ref: RuleRef): Metadata =>
  create(MetadataSchema, {
    kind:
      ref.kind === 'default'
        ? { case: 'default', value: ref.name }
        : {
            case: 'resource',
            value: { group: ref.group, kind: ref.resource, name: ref.name, namespace: ref.namespace },
          },
  });

export const ruleRefFromProto = (metadata: Metadata | undefined): RuleRef => {
  const kind = metadata?.kind;
  if (kind?.case === 'default') return { kind: 'default', name: kind.value };
  if (kind?.case !== 'resource') return refuse('metadata is missing');
  const { group, kind: resource, namespace, name } = kind.value;
  if (name === '') return refuse('metadata names no resource');
  return { kind: 'resource', group, resource, namespace, name };
};

/** `group`, `kind`, `name` as proxies export them in metrics; `namespace` is ours, and ignored by others. */
export const ruleRefToLabels = (ref: RuleRef): Record<string, string> =>
  ref.kind === 'default'
    ? { group: '', kind: 'default', name: ref.name }
    : { group: ref.group, kind: ref.resource, name: ref.name, namespace: ref.namespace };

/** Understands the old style too, where a default was written `default:<name>`. */
export const ruleRefFromLabels = (labels: Readonly<Record<string, string>>, resource: string): RuleRef => {
  const { group = 'policy.linkerd.io', kind = resource, name = '', namespace = '' } = labels;
  if (name === '') return refuse('the label name is missing');
  if (kind === 'default') return { kind: 'default', name };
  if (name.startsWith('default:')) return { kind: 'default', name: name.slice('default:'.length) };
  return { kind: 'resource', group, resource: kind, namespace, name };
};
