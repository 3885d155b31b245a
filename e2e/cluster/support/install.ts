/** The install itself: what is there of it, and the programs that change it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getJson, type KubectlOptions, kubectl, type Output, runProgram } from './kubectl.ts';

const root = join(import.meta.dirname, '../../..');
export const charts = join(root, 'deploy/charts');
const bundle = join(root, 'apps/cli/dist/main.js');

/** @throws with what helm said when it fails */
export const helm = async (...args: readonly string[]): Promise<void> => {
  const { code, stderr } = await runProgram('helm', args, { timeoutMs: 240_000 });
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
};

export const heddle = (args: readonly string[], options?: KubectlOptions): Promise<Output> => {
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing; run pnpm build`);
  return runProgram(process.execPath, [bundle, ...args], options);
};

/** Everything in the cluster that says it is part of the mesh. */
export const left = async (): Promise<readonly string[]> => {
  const kinds =
    'deployments,services,configmaps,secrets,serviceaccounts,poddisruptionbudgets,roles,rolebindings,leases';
  const wide =
    'clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,customresourcedefinitions';
  const parts = ['app.kubernetes.io/part-of=Heddle', 'linkerd.io/control-plane-ns=linkerd'];
  const found = await Promise.all([
    ...parts.flatMap((label) => [
      kubectl(['get', kinds, '-A', '-l', label, '-o', 'name']),
      kubectl(['get', wide, '-l', label, '-o', 'name']),
    ]),
    kubectl(['get', 'all', '-n', 'linkerd', '-o', 'name']),
  ]);
  return [...new Set(found.join('\n').split('\n'))].filter((name) => name !== '');
};

/** How many definitions of custom resources of the mesh there are. */
export const policyKinds = async (): Promise<number> =>
  (await kubectl(['get', 'customresourcedefinitions', '-o', 'name']))
    .split('\n')
    .filter((name) => name.endsWith('.linkerd.io')).length;

/** Waits until what runs is what the Deployments of the control plane say. */
export const rolledOut = async (): Promise<void> => {
  const names = (await kubectl(['-n', 'linkerd', 'get', 'deployments', '-o', 'name'])).trim().split('\n');
  await Promise.all(
    names.map((name) =>
      kubectl(['-n', 'linkerd', 'rollout', 'status', name, '--timeout=170s'], { timeoutMs: 180_000 }),
    ),
  );
};

/** What every certificate hangs from: the trust anchors, and the issuer with its key. */
export const trust = async (): Promise<unknown> => ({
  anchors: (await getJson<{ data: unknown }>(['-n', 'linkerd', 'configmap', 'linkerd-identity-trust-roots'])).data,
  issuer: (await getJson<{ data: unknown }>(['-n', 'linkerd', 'secret', 'linkerd-identity-issuer'])).data,
});

/** The level at which identity logs: a value of the chart that is easy to see. */
export const identityLogs = async (): Promise<string> => {
  const { spec } = await getJson<{ spec: { template: { spec: unknown } } }>([
    '-n',
    'linkerd',
    'deployment',
    'linkerd-identity',
  ]);
  return /"HEDDLE_LOG_LEVEL","value":"(\w+)"/.exec(JSON.stringify(spec.template.spec))?.[1] ?? '';
};
