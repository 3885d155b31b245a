/**
 * Who may reach what: AuthorizationPolicies with the authentications they require, and ServerAuthorizations. Holds the
 * objects and finds them by target and by reference; `grants.ts` says what they allow.
 */
import {
  type AuthenticationRef,
  type AuthorizationPolicy,
  type GrpcRoute,
  type HttpRoute,
  type IdentityRef,
  type MeshTlsAuthentication,
  matchesSelector,
  type NetworkAuthentication,
  type PolicyTarget,
  type Server,
  type ServerAuthorization,
} from '@heddle/crds';
import { MultiMap } from './multi-map.ts';

export class Authorizations {
  readonly #meshTls = new Map<string, MeshTlsAuthentication>();
  readonly #networks = new Map<string, NetworkAuthentication>();
  readonly #policiesByTarget = new MultiMap<AuthorizationPolicy>();
  readonly #policiesByRef = new MultiMap<AuthorizationPolicy>();
  readonly #meshTlsByRef = new MultiMap<MeshTlsAuthentication>();
  readonly #serverAuthorizations = new MultiMap<ServerAuthorization>();

  addPolicy(policy: AuthorizationPolicy): void {
    this.#policiesByTarget.add(targetKey(policy.metadata.namespace, policy.spec.target), policy);
    for (const ref of policy.spec.requiredAuthentications) this.#policiesByRef.add(refKey(ref), policy);
  }

  deletePolicy(policy: AuthorizationPolicy): void {
    this.#policiesByTarget.delete(targetKey(policy.metadata.namespace, policy.spec.target), policy);
    for (const ref of policy.spec.requiredAuthentications) this.#policiesByRef.delete(refKey(ref), policy);
  }

  addMeshTls(authentication: MeshTlsAuthentication): void {
    this.#meshTls.set(objectKey(authentication), authentication);
    for (const ref of authentication.spec.identityRefs) this.#meshTlsByRef.add(identityRefKey(ref), authentication);
  }

  deleteMeshTls(authentication: MeshTlsAuthentication): void {
    this.#meshTls.delete(objectKey(authentication));
    for (const ref of authentication.spec.identityRefs) this.#meshTlsByRef.delete(identityRefKey(ref), authentication);
  }

  addNetwork(authentication: NetworkAuthentication): void {
    this.#networks.set(objectKey(authentication), authentication);
  }

  deleteNetwork(authentication: NetworkAuthentication): void {
    this.#networks.delete(objectKey(authentication));
  }

  addServerAuthorization(authorization: ServerAuthorization): void {
    this.#serverAuthorizations.add(authorization.metadata.namespace, authorization);
  }

  deleteServerAuthorization(authorization: ServerAuthorization): void {
    this.#serverAuthorizations.delete(authorization.metadata.namespace, authorization);
  }

  meshTls(ref: { readonly namespace: string; readonly name: string }): MeshTlsAuthentication | undefined {
    return this.#meshTls.get(`${ref.namespace}/${ref.name}`);
  }

  network(ref: { readonly namespace: string; readonly name: string }): NetworkAuthentication | undefined {
    return this.#networks.get(`${ref.namespace}/${ref.name}`);
  }

  /** Policies that target a Server by name. */
  onServer(server: Server): ReadonlySet<AuthorizationPolicy> {
    const { namespace, name } = server.metadata;
    return this.#policiesByTarget.get(targetKey(namespace, { kind: 'Server', name }));
  }

  onRoute(route: HttpRoute | GrpcRoute): ReadonlySet<AuthorizationPolicy> {
    const { namespace, name } = route.metadata;
    return this.#policiesByTarget.get(
      targetKey(
        namespace,
        route.kind === 'HTTPRoute' ? { kind: 'HTTPRoute', group: route.group, name } : { kind: 'GRPCRoute', name },
      ),
    );
  }

  /** Policies that target a whole namespace: all of its Servers. */
  onNamespace(namespace: string): ReadonlySet<AuthorizationPolicy> {
    return this.#policiesByTarget.get(targetKey(namespace, { kind: 'Namespace' }));
  }

  /** Policies that require an authentication. */
  requiring(ref: AuthenticationRef): ReadonlySet<AuthorizationPolicy> {
    return this.#policiesByRef.get(refKey(ref));
  }

  /** Authentications that name a ServiceAccount or a Namespace. */
  referringTo(ref: IdentityRef): ReadonlySet<MeshTlsAuthentication> {
    return this.#meshTlsByRef.get(identityRefKey(ref));
  }

  serverAuthorizationsOn(server: Server): readonly ServerAuthorization[] {
    return [...this.#serverAuthorizations.get(server.metadata.namespace)].filter((authorization) =>
      authorizes(authorization, server),
    );
  }
}

/** Whether a ServerAuthorization of the Server's namespace speaks of the Server. */
export const authorizes = ({ metadata, spec }: ServerAuthorization, server: Server): boolean =>
  metadata.namespace === server.metadata.namespace &&
  (spec.server.kind === 'name'
    ? spec.server.name === server.metadata.name
    : matchesSelector(spec.server.selector, server.metadata.labels));

const targetKey = (namespace: string, target: PolicyTarget): string => {
  if (target.kind === 'Namespace') return `Namespace/${namespace}`;
  const group = target.kind === 'HTTPRoute' ? target.group : '';
  return `${target.kind}/${group}/${namespace}/${target.name}`;
};

const refKey = (ref: AuthenticationRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`;

const identityRefKey = (ref: IdentityRef): string =>
  ref.kind === 'Namespace' ? `Namespace/${ref.name}` : `ServiceAccount/${ref.namespace}/${ref.name}`;

const objectKey = ({ metadata }: MeshTlsAuthentication | NetworkAuthentication): string =>
  `${metadata.namespace}/${metadata.name}`;
