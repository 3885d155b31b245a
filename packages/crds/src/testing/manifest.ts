/** The plain values that tests parse: a valid object of each kind, to vary. */

type Value = Readonly<Record<string, unknown>>;

const meta = { name: 'web', namespace: 'shop' };

/** An object of policy.linkerd.io. */
export const policyObject = (kind: string, version: string, spec: Value, metadata: Value = {}): Value => ({
  apiVersion: `policy.linkerd.io/${version}`,
  kind,
  metadata: { ...meta, ...metadata },
  spec,
});

/** An object of the Gateway API. */
export const gatewayObject = (kind: string, version: string, spec: Value, metadata: Value = {}): Value => ({
  apiVersion: `gateway.networking.k8s.io/${version}`,
  kind,
  metadata: { ...meta, ...metadata },
  spec,
});

export const serverSpec = { podSelector: { matchLabels: { app: 'web' } }, port: 80 };

export const serverParent = { group: 'policy.linkerd.io', kind: 'Server', name: 'web' };
