/** The `coordination.k8s.io/v1` Lease as an election reads and writes it. */
import type { ResourceKind } from '../api/resource-kind.ts';
import { isFields } from '../watch/raw-object.ts';

export const leases: ResourceKind = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' };

export interface LeaseRecord {
  readonly resourceVersion: string;
  /** Empty when nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** When the holder became it, as the Lease says; empty when it does not. */
  readonly acquireTime: string;
}

/** What is missing or of another type counts as not held. */
export const leaseFrom = (value: unknown): LeaseRecord => {
  const { metadata, spec } = isFields(value) ? value : {};
  const { resourceVersion } = isFields(metadata) ? metadata : {};
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime } = isFields(spec) ? spec : {};
  return {
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1000 : 0,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : '',
  };
};

export interface LeaseClaim {
  readonly namespace: string;
  readonly name: string;
  /** Empty: to let go. */
  readonly holder: string;
  readonly durationMs: number;
  readonly wallMs: number;
}

/** The Lease that a claim writes over `before`, guarded by its version; without one, a new Lease. */
export const leaseManifest = (claim: LeaseClaim, before: LeaseRecord | undefined): unknown => {
  const now = microTime(claim.wallMs);
  const isNew = before?.holder !== claim.holder;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace: claim.namespace,
      name: claim.name,
      ...(before !== undefined && { resourceVersion: before.resourceVersion }),
    },
    spec: {
      holderIdentity: claim.holder,
      leaseDurationSeconds: Math.ceil(claim.durationMs / 1000),
      acquireTime: isNew || before.acquireTime === '' ? now : before.acquireTime,
      renewTime: now,
      leaseTransitions: (before?.transitions ?? 0) + (isNew && before !== undefined && claim.holder !== '' ? 1 : 0),
    },
  };
};

/** RFC 3339 with microseconds, as the API's MicroTime wants it. */
export const microTime = (wallMs: number): string => new Date(wallMs).toISOString().replace('Z', '000Z');
