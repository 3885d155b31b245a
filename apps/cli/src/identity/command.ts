/** `heddle identity`: the certificates that workloads show, and whether they hold. */
import { readFile } from 'node:fs/promises';
import { formatHost, parseAuthority } from '@heddle/names';
import { type Certificate, parsePemBundle } from '@heddle/pki';
import { Command } from 'commander';
import { exitCodes, type Output } from '../output.ts';
import { outputOption } from '../output-option.ts';
import { readLocalWorkloads } from './local-workloads.ts';
import { identityReport, identityText } from './report.ts';
import { shownChain } from './shown-chain.ts';

interface IdentityOptions {
  readonly serverName?: string;
  readonly trustAnchors?: string;
  readonly stateDir: string;
  readonly output: 'text' | 'json';
}

/** `finish` receives the exit code. */
export const identityCommand = (output: Output, finish: (exitCode: number) => void): Command =>
  new Command('identity')
    .description('show the certificates that workloads present; exit code 0 only when all are verified')
    .argument('[target]', 'host:port of a proxy, or a workload of the local mesh (default: all of them)')
    .option('--server-name <identity>', 'identity to ask for and to expect, with host:port')
    .option('--trust-anchors <file>', 'PEM file of the anchors to verify with')
    .option('--state-dir <dir>', 'where the local mesh keeps its state', '.heddle/local')
    .addOption(outputOption())
    .action(async (target: string | undefined, options: IdentityOptions) => {
      finish(await showIdentities(target, options, output));
    });

/** A proxy to ask, and the identity it should have. */
interface Subject {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
}

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
  const question = target?.includes(':') === true ? ofAddress(target, options) : await ofLocalMesh(target, options);
  if ('reason' in question)
    return refuse(question.reason, output, question.isUsage ? exitCodes.usage : exitCodes.failed);
  const anchors = await readAnchors(question.trustAnchorsFile);
  if (anchors !== undefined && 'reason' in anchors) return refuse(anchors.reason, output, exitCodes.failed);
  const reports = await Promise.all(
    question.subjects.map(async ({ host, port, serverName }) => {
      const address = `${host}:${port}`;
      const shown = await shownChain({ host, port, serverName, timeoutMs: handshakeTimeoutMs });
      if (shown.kind === 'invalid') return { address, serverName, isVerified: false, reason: shown.reason };
      return identityReport(address, serverName, shown.value, anchors, Date.now());
    }),
  );
  if (options.output === 'json') output.out(`${JSON.stringify(reports, undefined, 2)}\n`);
  else
    output.out(reports.map((report) => ('tls' in report ? identityText(report) : unreachableText(report))).join('\n'));
  return reports.every(({ isVerified }) => isVerified) ? exitCodes.ok : exitCodes.failed;
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
