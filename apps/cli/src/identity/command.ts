/** `heddle identity`: the certificates that workloads show, and whether they hold. */
import { readFile } from 'node:fs/promises';
import { formatHost, parseAuthority } from '@heddle/names';
import { type Certificate, parsePemBundle } from '@heddle/pki';
import { Command } from 'commander';
import { withCluster } from '../cluster/cluster.ts';
import { failureText } from '../cluster/failure.ts';
import { type ClusterOptions, withClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { outputOption } from '../output-option.ts';
import { readLocalWorkloads } from './local-workloads.ts';
import { podSubjects } from './pods.ts';
import { identityReport, identityText } from './report.ts';
import { shownChain } from './shown-chain.ts';
import type { Subject } from './subject.ts';

interface IdentityOptions extends ClusterOptions {
  readonly namespace?: string;
  readonly serverName?: string;
  readonly trustAnchors?: string;
  readonly stateDir: string;
  readonly output: 'text' | 'json';
}

/** `finish` receives the exit code. */
export const identityCommand = (output: Output, finish: (exitCode: number) => void): Command =>
  withClusterOptions(
    new Command('identity')
      .description('show the certificates that workloads present; exit code 0 only when all are verified')
      .argument(
        '[target]',
        'pods of the cluster: po/<name>, deploy/<name>, ns/<name> …; or host:port of a proxy; or a workload of the local mesh (default: all of them)',
      )
      .option('-n, --namespace <namespace>', 'pods of this namespace (without a target: all of its pods)')
      .option('--server-name <identity>', 'identity to ask for and to expect, with host:port')
      .option('--trust-anchors <file>', 'PEM file of the anchors to verify with')
      .option('--state-dir <dir>', 'where the local mesh keeps its state', '.heddle/local')
      .addOption(outputOption())
      .action(async (target: string | undefined, options: IdentityOptions) => {
        finish(await showIdentities(target, options, output));
      }),
  );

interface Question {
  readonly subjects: readonly Subject[];
  readonly trustAnchorsFile: string | undefined;
}

const handshakeTimeoutMs = 5_000;

const showIdentities = async (
  target: string | undefined,
  options: IdentityOptions,
  output: Output,
): Promise<number> => {
  if (isOfCluster(target, options)) {
    return withCluster(options, async (cluster) => {
      const { subjects, anchorsPem } = await podSubjects(cluster, target, options.namespace);
      const given = await readAnchors(options.trustAnchors);
      if (given !== undefined && 'reason' in given) return refuse(given.reason, output, exitCodes.failed);
      const anchors = given ?? anchorsFrom(anchorsPem);
      return show(subjects, anchors, options, output);
    });
  }
  const question = target?.includes(':') === true ? ofAddress(target, options) : await ofLocalMesh(target, options);
  if ('reason' in question)
    return refuse(question.reason, output, question.isUsage ? exitCodes.usage : exitCodes.failed);
  const anchors = await readAnchors(question.trustAnchorsFile);
  if (anchors !== undefined && 'reason' in anchors) return refuse(anchors.reason, output, exitCodes.failed);
  return show(question.subjects, anchors, options, output);
};

/** A kind before a slash, or an option that only a cluster has; `namespace/name` alone is of the local mesh. */
const isOfCluster = (target: string | undefined, { namespace, context, kubeconfig }: IdentityOptions): boolean =>
  namespace !== undefined ||
  context !== undefined ||
  kubeconfig !== undefined ||
  /^(?:po|pods?|deploy(?:ments?)?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|jobs?|cj|cronjobs?|ns|namespace)\//.test(
    target ?? '',
  );

const show = async (
  subjects: readonly Subject[],
  anchors: readonly Certificate[] | undefined,
  options: IdentityOptions,
  output: Output,
): Promise<number> => {
  const reports = await Promise.all(subjects.map((subject) => reportOn(subject, anchors)));
  if (options.output === 'json') output.out(`${JSON.stringify(reports, undefined, 2)}\n`);
  else
    output.out(reports.map((report) => ('tls' in report ? identityText(report) : unreachableText(report))).join('\n'));
  return reports.every(({ isVerified }) => isVerified) ? exitCodes.ok : exitCodes.failed;
};

const reportOn = async (subject: Subject, anchors: readonly Certificate[] | undefined) => {
  const { host, port, serverName } = subject;
  const address = subject.name ?? `${host}:${port}`;
  const unverified = (reason: string) => ({ address, serverName, isVerified: false, reason });
  try {
    const connection = await subject.open?.();
    const shown = await shownChain({ host, port, serverName, timeoutMs: handshakeTimeoutMs, connection });
    if (shown.kind === 'invalid') return unverified(shown.reason);
    return identityReport(address, serverName, shown.value, anchors, Date.now());
  } catch (error) {
    const reason = failureText(error);
    if (reason === undefined) throw error;
    return unverified(reason);
  }
};

const refuse = (reason: string, output: Output, exitCode: number): number => {
  output.error(`${reason}\n`);
  return exitCode;
};

type Refusal = { readonly reason: string; readonly isUsage: boolean };

const ofAddress = (target: string, options: IdentityOptions): Question | Refusal => {
  const authority = parseAuthority(target);
  if (authority.kind === 'error') return { reason: authority.message, isUsage: true };
  const { host, port } = authority.value;
  if (port === undefined) return { reason: `${target} names no port; write host:port`, isUsage: true };
  if (options.serverName === undefined) {
    return {
      reason: 'a proxy shows its certificate to whoever asks for its identity: add --server-name',
      isUsage: true,
    };
  }
  const bare = formatHost(host).replace(/^\[|\]$/g, '');
  return {
    subjects: [{ host: bare, port, serverName: options.serverName }],
    trustAnchorsFile: options.trustAnchors,
  };
};

const ofLocalMesh = async (target: string | undefined, options: IdentityOptions): Promise<Question | Refusal> => {
  const state = await readLocalWorkloads(options.stateDir);
  if ('reason' in state) return { reason: state.reason, isUsage: false };
  const wanted = state.workloads.filter(
    ({ name, namespace }) => target === undefined || target === name || target === `${namespace}/${name}`,
  );
  if (wanted.length === 0) {
    const known = state.workloads.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    return { reason: `there is no workload ${target} in the local mesh; it has ${known}`, isUsage: false };
  }
  return {
    subjects: wanted.map(({ address, inboundPort, identity }) => ({
      host: address,
      port: inboundPort,
      serverName: identity,
    })),
    trustAnchorsFile: options.trustAnchors ?? state.trustAnchorsFile,
  };
};

const anchorsFrom = (pem: string | undefined): readonly Certificate[] | undefined => {
  const bundle = parsePemBundle(pem ?? '');
  return bundle.kind === 'ok' ? bundle.value : undefined;
};

const readAnchors = async (
  file: string | undefined,
): Promise<readonly Certificate[] | { readonly reason: string } | undefined> => {
  if (file === undefined) return undefined;
  try {
    const bundle = parsePemBundle(await readFile(file, 'utf8'));
    return bundle.kind === 'ok' ? bundle.value : { reason: `${file}: ${bundle.reason}` };
  } catch {
    return { reason: `${file} cannot be read; it should hold the trust anchors in PEM` };
  }
};

const unreachableText = (report: { readonly address: string; readonly serverName: string; readonly reason: string }) =>
  `${report.serverName}  (${report.address})\n  NOT VERIFIED: ${report.reason}\n`;
