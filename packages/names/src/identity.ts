/**
 * Identity names: what a certificate proves and a policy names (wire section 5.1).
 *
 *     web.shop.serviceaccount.identity.linkerd.cluster.local      a ServiceAccount of the cluster
 *     |sa| |ns|                        |cp ns| |trust domain|
 *     spiffe://example.org/payments                               a workload outside (SPIFFE)
 *
 * A ServiceAccount's own name may contain dots; its namespace cannot, so the label before `.serviceaccount.identity.`
 * is always the namespace.
 */
import { isDnsLabel, isDnsName } from './dns.ts';
import { nameError, type Parsed, parsed } from './parsed.ts';

export interface ServiceAccount {
  readonly name: string;
  readonly namespace: string;
}

/** Where a mesh issues identities. */
export interface IdentityDomain {
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
}

const marker = '.serviceaccount.identity.';

/** The identity of a ServiceAccount. */
export const serviceAccountIdentity = (account: ServiceAccount, domain: IdentityDomain): string =>
  `${account.name}.${namespaceIdentitySuffix(account.namespace, domain)}`;

/** What the identities of all ServiceAccounts of a namespace end in, without the leading dot. */
export const namespaceIdentitySuffix = (namespace: string, domain: IdentityDomain): string =>
  `${namespace}${marker}${domain.controlPlaneNamespace}.${domain.trustDomain}`;

/** Reads a ServiceAccount's identity name back into its parts. */
export const parseServiceAccountIdentity = (name: string): Parsed<ServiceAccount & IdentityDomain> => {
  const at = name.lastIndexOf(marker);
  const account = at < 0 ? '' : name.slice(0, at);
  const [controlPlaneNamespace = '', ...trustDomain] = name.slice(at + marker.length).split('.');
  const dot = account.lastIndexOf('.');
  if (dot < 1 || trustDomain.length === 0 || !isDnsName(name)) {
    return nameError(
      'identity',
      name,
      'is not a service account identity; the form is <account>.<namespace>.serviceaccount.identity.<control plane namespace>.<trust domain>',
    );
  }
  return parsed({
    name: account.slice(0, dot),
    namespace: account.slice(dot + 1),
    controlPlaneNamespace,
    trustDomain: trustDomain.join('.'),
  });
};

/** A name that a certificate can prove. */
export type Identity =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'spiffe'; readonly name: string; readonly trustDomain: string; readonly path: string };

const spiffeName = /^spiffe:\/\/(?<trustDomain>[a-z0-9._-]{1,255})(?<path>(?:\/[A-Za-z0-9._-]+)*)$/;
const dotSegment = /\/\.\.?(?:\/|$)/;

/** Parses a DNS-like or SPIFFE identity (SPIFFE-ID section 2). A SPIFFE identity is at most 2048 bytes. */
export const parseIdentity = (name: string): Parsed<Identity> => {
  if (isDnsName(name)) return parsed({ kind: 'dns', name });
  const groups = name.length <= 2048 ? spiffeName.exec(name)?.groups : undefined;
  const { trustDomain, path } = groups ?? {};
  if (trustDomain !== undefined && path !== undefined && !dotSegment.test(path)) {
    return parsed({ kind: 'spiffe', name, trustDomain, path });
  }
  return nameError(
    'identity',
    name,
    'is not an identity; write a lower-case DNS name like web.shop.serviceaccount.identity.linkerd.cluster.local, or spiffe://<trust domain>/<path>',
  );
};

/** What a policy may ask of an identity. */
export type IdentityPattern =
  | { readonly kind: 'exact'; readonly name: string }
  /** `*.rest`: DNS-like names that end in `.rest`. No labels (`*`): every DNS-like name. */
  | { readonly kind: 'suffix'; readonly labels: readonly string[] };

/** Parses `*`, `*.rest` or an exact identity (features section 2.6). There is no other wildcard. */
export const parseIdentityPattern = (text: string): Parsed<IdentityPattern> => {
  if (text === '*') return parsed({ kind: 'suffix', labels: [] });
  if (text.startsWith('*.') && isDnsName(text.slice(2))) {
    return parsed({ kind: 'suffix', labels: text.slice(2).split('.') });
  }
  const identity = parseIdentity(text);
  if (identity.kind === 'ok') return parsed({ kind: 'exact', name: identity.value.name });
  return nameError(
    'identity',
    text,
    'is not an identity pattern; write "*" for any mesh client, "*.<rest>" for a name ending, or one identity in full',
  );
};

const userPrefix = 'system:serviceaccount:';

/** The Kubernetes user name of a ServiceAccount. */
export const serviceAccountUser = (account: ServiceAccount): string =>
  `${userPrefix}${account.namespace}:${account.name}`;

/** Reads `system:serviceaccount:<namespace>:<name>`. */
export const parseServiceAccountUser = (user: string): Parsed<ServiceAccount> => {
  const [namespace = '', name = '', ...rest] = user.startsWith(userPrefix)
    ? user.slice(userPrefix.length).split(':')
    : [];
  if (rest.length === 0 && isDnsLabel(namespace) && isDnsName(name)) return parsed({ name, namespace });
  return nameError(
    'serviceAccount',
    user,
    'is not a service account user; the form is system:serviceaccount:<namespace>:<name>',
  );
};
