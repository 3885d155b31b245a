/** The fields of Kubernetes objects that assertions look at. */

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: object;
  readonly securityContext: object;
  readonly livenessProbe: object;
  readonly readinessProbe: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly nodeSelector?: object;
  readonly tolerations?: object;
  readonly affinity?: object;
  readonly securityContext: { readonly runAsUser: number };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly defaultMode: number } }[];
}

export interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number;
    readonly strategy?: object;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly metadata: Manifest['metadata']; readonly spec: PodSpec };
  };
}

export interface Service extends Manifest {
  readonly spec: {
    readonly clusterIP?: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number; readonly targetPort: string | number }[];
  };
}

export interface ConfigMap extends Manifest {
  readonly data: Readonly<Record<string, string>>;
}

/** `data` in base64. */
export type Secret = ConfigMap & { readonly type?: string };

export interface Role extends Manifest {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

export interface RoleBinding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

export interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly {
    readonly name: string;
    readonly failurePolicy: string;
    readonly timeoutSeconds: number;
    readonly clientConfig: { readonly caBundle?: string; readonly service: object };
    readonly rules: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[] }[];
    readonly namespaceSelector: { readonly matchExpressions?: readonly object[] };
    readonly objectSelector?: object;
    readonly matchConditions?: readonly { readonly expression: string }[];
  }[];
}

export interface PodDisruptionBudget extends Manifest {
  readonly spec: { readonly maxUnavailable: number; readonly selector: Deployment['spec']['selector'] };
}

export interface Kinds {
  readonly ClusterRole: Role;
  readonly ClusterRoleBinding: RoleBinding;
  readonly ConfigMap: ConfigMap;
  readonly Deployment: Deployment;
  readonly MutatingWebhookConfiguration: WebhookConfiguration;
  readonly PodDisruptionBudget: PodDisruptionBudget;
  readonly PodMonitor: Manifest;
  readonly Role: Role;
  readonly RoleBinding: RoleBinding;
  readonly Secret: Secret;
  readonly Service: Service;
  readonly ServiceAccount: Manifest;
  readonly ValidatingWebhookConfiguration: WebhookConfiguration;
}

export const fromBase64 = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8');

export const environmentOf = (deployment: Deployment): Readonly<Record<string, string>> =>
  Object.fromEntries((deployment.spec.template.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
