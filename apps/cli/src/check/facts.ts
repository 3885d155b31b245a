/**
 * What is known of a cluster when it is checked: collected once, at the edge, so that every check is a pure function of
 * it. What could not be learnt is said with the reason, and never taken for what is fine.
 */

/** Something that was asked of the API server. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface ClusterFacts {
  readonly nowMs: number;
  /** Of this program. */
  readonly version: string;
  readonly linkerdNamespace: string;
  /** The one whose data plane is looked at; undefined: all. */
  readonly dataPlaneNamespace: string | undefined;
  /** `v1.34.1`. */
  readonly serverVersion: Known<string>;
  readonly namespaces: Known<readonly unknown[]>;
  /** What an install creates, and whether whoever checks may create it. Only before an install. */
  readonly permissions: Known<readonly Permission[]>;
  /** When nodes last said that they live, by name; the newest of each. */
  readonly nodeLeases: Known<readonly unknown[]>;
  readonly definitions: Known<readonly unknown[]>;
  readonly nodes: Known<readonly unknown[]>;
  readonly services: Known<readonly unknown[]>;
  readonly pods: Known<readonly unknown[]>;
  /** Only when the data plane is checked. */
  readonly servers: Known<readonly unknown[]>;
  readonly deployments: Known<readonly unknown[]>;
  readonly disruptionBudgets: Known<readonly unknown[]>;
  readonly clusterRoles: Known<readonly unknown[]>;
  readonly webhooks: Known<readonly unknown[]>;
  /** The Secrets of webhooks by name, keys left out. */
  readonly webhookCertificates: ReadonlyMap<string, Known<CertificateFiles | undefined>>;
  /** Undefined: there is no ConfigMap. */
  readonly values: Known<unknown>;
  /** PEM. Undefined: there is no ConfigMap. */
  readonly trustRoots: Known<string | undefined>;
  /** Undefined: there is no Secret. */
  readonly issuer: Known<CertificateFiles | undefined>;
  /** Of each meshed pod, `namespace/name`; only when the data plane is checked. */
  readonly proxyMetrics: ReadonlyMap<string, Known<string>>;
  /** How many meshed pods were not asked for metrics. */
  readonly proxiesNotAsked: number;
}

export interface Permission {
  readonly what: string;
  readonly isAllowed: boolean;
}

export interface CertificateFiles {
  readonly certificatePem: string;
  /** Absent unless it was needed to check that it belongs to the certificate. */
  readonly keyPem?: string | undefined;
  /** Bundle that came with it. */
  readonly caPem: string;
}
