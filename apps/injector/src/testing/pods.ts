/** Pods as the API server shows them to the webhook: named by their controller, with defaults filled in. */

export interface PodParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly controller?: { readonly kind: string; readonly name: string };
  readonly containers?: readonly object[];
  readonly spec?: object;
}

export const container = (name: string, parts: object = {}): object => ({
  name,
  image: `registry.example.com/${name}:1`,
  volumeMounts: [
    { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
  ],
  ...parts,
});

export const tcp = (containerPort: number, name?: string): object => ({
  ...(name !== undefined && { name }),
  containerPort,
  protocol: 'TCP',
});

export const podFrom = ({ annotations, labels, controller, containers, spec }: PodParts = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    generateName: 'web-5d4f8c7b9-',
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(controller && {
      ownerReferences: [{ apiVersion: 'v1', ...controller, uid: 'b9a5', controller: true, blockOwnerDeletion: true }],
    }),
  },
  spec: {
    serviceAccountName: 'web',
    containers: containers ?? [container('web', { ports: [tcp(8080, 'http')] })],
    volumes: [{ name: 'kube-api-access-x7k2p', projected: { sources: [] } }],
    ...spec,
  },
});
