/** What each process may ask the API server for: what its code asks for, and nothing else. */
import { watchedKinds } from '@heddle/app-injector/kinds';
import { meshKinds } from '@heddle/k8s';
import { describe, expect, test } from 'vitest';
import { installs } from './testing/cases.ts';
import { hasHelm, needsHelm } from './testing/helm.ts';
import type { Role, RoleBinding } from './testing/manifests.ts';
import { type Rendered, render } from './testing/render.ts';

const watching = (kinds: readonly { readonly group: string; readonly plural: string }[]): readonly string[] =>
  kinds.flatMap(({ group, plural }) => ['list', 'watch'].map((verb) => `${verb} ${group}/${plural}`));

/** Counting a repeated event is a patch. */
const telling = ['create events.k8s.io/events', 'patch events.k8s.io/events'];

/** Kinds that get a status; they are read again when somebody else was quicker. */
const judged = meshKinds.filter(
  ({ group, kind }) =>
    /^(policy\.linkerd|gateway\.networking\.k8s)\.io$/.test(group) && kind !== 'NetworkAuthentication',
);

/** `verb group/resource` everywhere; with a name, of one object; with `here`, in the control plane's namespace. */
const rights: Readonly<Record<string, readonly string[]>> = {
  'linkerd-identity': [
    'create authentication.k8s.io/tokenreviews',
    ...telling,
    // Events about the issuer name the Deployment by its uid.
    'get apps/deployments linkerd-identity here',
  ],
  'linkerd-destination': [
    ...watching(meshKinds),
    ...judged.flatMap(({ group, plural }) => [`get ${group}/${plural}`, `patch ${group}/${plural}/status`]),
    'create coordination.k8s.io/leases here',
    'get coordination.k8s.io/leases policy-controller-write here',
    'update coordination.k8s.io/leases policy-controller-write here',
  ],
  'linkerd-proxy-injector': [
    ...watching(watchedKinds),
    // A namespace that the watch has not told of yet is asked for.
    'get /namespaces',
    ...telling,
  ],
};

const allowedBy = ({ kind, rules }: Role): readonly string[] =>
  rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          resourceNames.map((name) =>
            [verb, `${group}/${resource}`, name, kind === 'Role' ? 'here' : ''].filter((word) => word !== '').join(' '),
          ),
        ),
      ),
    ),
  );

interface Bound {
  readonly role: Role;
  readonly binding: RoleBinding;
}

const boundIn = (rendered: Rendered): readonly Bound[] =>
  (['ClusterRole', 'Role'] as const).flatMap((kind) =>
    rendered.ofKind(kind).map((role) => ({ role, binding: rendered.get(`${kind}Binding`, role.metadata.name) })),
  );

describe.skipIf(!hasHelm)(`rights ${needsHelm}`, () => {
  test.each(Object.entries(rights))('%s may do what it does', async (account, expected) => {
    const allowed = boundIn(await render())
      .filter(({ binding }) => binding.subjects.some(({ name }) => name === account))
      .flatMap(({ role }) => allowedBy(role));
    expect([...allowed].sort()).toEqual([...expected].sort());
  });

  test.each(installs)('%s: every role is of one process, without wildcards or Secrets', async (_name, options) => {
    const namespace = options.namespace ?? 'linkerd';
    const rendered = await render(options);
    for (const { role, binding } of boundIn(rendered)) {
      expect(JSON.stringify(role.rules)).not.toMatch(/\*|secrets/);
      expect(role.metadata.namespace).toBe(role.kind === 'Role' ? namespace : undefined);
      expect(binding.roleRef).toMatchObject({ kind: role.kind, name: role.metadata.name });
      expect(binding.subjects).toEqual([
        { kind: 'ServiceAccount', name: expect.stringMatching(/^linkerd-/) as string, namespace },
      ]);
      expect(Object.keys(rights)).toContain(binding.subjects[0]?.name);
    }
    expect(rendered.ofKind('ClusterRole').map(({ metadata }) => metadata.name)).toEqual(
      ['destination', 'identity', 'proxy-injector'].map((process) => `linkerd-${namespace}-${process}`),
    );
  });
});
