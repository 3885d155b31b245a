/** What `heddle inject` and `heddle uninject` do to one document: annotations only; the injector does the rest. */
import type { EditableDocument } from '@heddle/manifests';
import { at, listAt, mapAt, nameOf, numberAt, textAt } from '../cluster/fields.ts';

export const injectAnnotation = 'linkerd.io/inject';

export interface Report {
  readonly kind: string;
  readonly name: string;
  readonly outcome: 'changed' | 'skipped';
  /** Why it was skipped, or what to know of what was changed. */
  readonly note?: string | undefined;
}

type Path = readonly (string | number)[];

const templatePaths: Readonly<Record<string, Path>> = {
  Namespace: [],
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

interface Subject {
  readonly kind: string;
  readonly name: string;
  /** What has the metadata to change: the object itself, or its template of pods. */
  readonly template: unknown;
  readonly path: Path;
}

/** The objects of a document that stand for pods; of a List, each. */
const subjectsOf = (value: unknown, path: Path = []): readonly Subject[] => {
  const kind = textAt(value, 'kind');
  if (kind === 'List')
    return listAt(value, 'items').flatMap((item, index) => subjectsOf(item, [...path, 'items', index]));
  const inner = templatePaths[kind];
  if (inner === undefined) return [];
  const template = inner.length === 0 ? value : at(value, ...(inner as readonly string[]));
  return [
    { kind, name: nameOf(value) || textAt(value, 'metadata', 'generateName'), template, path: [...path, ...inner] },
  ];
};

/** Adds annotations to everything that stands for pods and may be injected. */
export const injectDocument = (
  document: EditableDocument,
  annotations: Readonly<Record<string, string>>,
): readonly Report[] =>
  subjectsOf(document.value).map(({ kind, name, template, path }) => {
    const reason = whyNotInjected(kind, template);
    if (reason !== undefined) return { kind, name, outcome: 'skipped', note: reason };
    for (const [annotation, value] of Object.entries(annotations)) {
      document.set([...path, 'metadata', 'annotations', annotation], value);
    }
    return { kind, name, outcome: 'changed', note: warningOf(template) };
  });

const whyNotInjected = (kind: string, template: unknown): string | undefined => {
  if (typeof template !== 'object' || template === null) return 'it has no template of pods';
  if (mapAt(template, 'metadata', 'annotations')[injectAnnotation] === 'disabled') {
    return `its annotation ${injectAnnotation} says disabled; remove it first`;
  }
  if (kind !== 'Namespace' && at(template, 'spec', 'hostNetwork') === true) {
    return 'it is on the network of its node (hostNetwork), where traffic cannot be redirected';
  }
  return undefined;
};

const warningOf = (template: unknown): string | undefined => {
  const udp = listAt(template, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) =>
      ['', 'TCP'].includes(textAt(port, 'protocol'))
        ? []
        : [`${numberAt(port, 'containerPort')}/${textAt(port, 'protocol')}`],
    ),
  );
  return udp.length === 0 ? undefined : `only TCP goes through the proxy, so ${udp.join(', ')} stays outside the mesh`;
};

const madeByInjector = /^linkerd\.io\//;

/** Takes away what `inject` and the injector added; `disabled` stays, since it was somebody's decision. */
export const uninjectDocument = (document: EditableDocument): readonly Report[] =>
  subjectsOf(document.value).map(({ kind, name, template, path }) => {
    const metadata = [...path, 'metadata'];
    const present = mapAt(template, 'metadata', 'annotations');
    const removed = Object.entries(present).filter(
      ([annotation, value]) =>
        madeByInjector.test(annotation) && !(annotation === injectAnnotation && value === 'disabled'),
    );
    for (const [annotation] of removed) document.remove([...metadata, 'annotations', annotation], metadata.length);
    const hasProxy = [...listAt(template, 'spec', 'initContainers'), ...listAt(template, 'spec', 'containers')].some(
      (container) => textAt(container, 'name') === 'linkerd-proxy',
    );
    const note = hasProxy ? 'it holds a proxy itself; uninject the manifest of its controller instead' : undefined;
    if (removed.length > 0) return { kind, name, outcome: 'changed', note };
    return { kind, name, outcome: 'skipped', note: note ?? 'there is nothing to take away' };
  });
