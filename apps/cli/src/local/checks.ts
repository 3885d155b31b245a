/**
 * The requests of `heddle.local.yaml`, tried for real: as each workload would send them, as somebody outside the mesh
 * would, and as an impostor would. What decided is read from the access log of the proxy that was asked.
 */

import { randomBytes } from 'node:crypto';
import { connect as tlsConnect } from 'node:tls';
import {
  createCsr,
  createIssuer,
  createTrustAnchor,
  encodePem,
  encodePkcs8Pem,
  generatePrivateKey,
  issueLeaf,
  parseCsr,
} from '@heddle/pki';
import type { MeshEvent } from './events.ts';
import type { CheckRequest, LocalCheck } from './local-mesh.ts';
import { type MeshPlan, type PlannedWorkload, serviceOf, trustDomain } from './plan.ts';
import { type Answer, answerTimeoutMs, type SentRequest, sendRequest } from './send.ts';

export interface CheckOutcome {
  readonly caller: string;
  readonly request: string;
  readonly expected: string;
  readonly got: string;
  readonly isAsExpected: boolean;
  /** What decided: rule or reason. */
  readonly decidedBy: string;
}

type AccessEvent = Extract<MeshEvent, { kind: 'access' }>;

export interface CheckContext {
  readonly plan: MeshPlan;
  readonly anchorPem: string;
  /** An address of nobody in the mesh. */
  readonly outsider: string;
  /** Sends as the application of the workload does. */
  sendAs(from: PlannedWorkload, request: SentRequest): Promise<Answer>;
  /** The access log line of the request with this id; undefined when none came in time. */
  awaitAccess(requestId: string): Promise<AccessEvent | undefined>;
  /** Asks identity for a certificate for `claims` with `holder`'s token; the status and message of the refusal. */
  certifyAs(holder: PlannedWorkload, claims: string): Promise<{ readonly isIssued: boolean; readonly detail: string }>;
}

/** Runs one check to its outcome; a check that names what the plan lacks is an outcome that is not as expected. */
export const runCheck = async (check: LocalCheck, id: string, context: CheckContext): Promise<CheckOutcome> => {
  switch (check.kind) {
    case 'workload': {
      const from = workloadNamed(check.from, context.plan);
      const way = from && wayTo(check.request, from, context.plan);
      if (from === undefined || way === undefined) return unknownNames(check.from, requestText(check.request));
      const answer = await context.sendAs(from, { ...requestOf(check.request, id), ...way });
      return outcomeOf(check.from, check.request, check.expect, answer, await context.awaitAccess(id));
    }
    case 'plaintext': {
      const caller = `no mesh (${context.outsider})`;
      const target = targetOf(check.request, context.plan);
      if (target === undefined) return unknownNames(caller, requestText(check.request));
      const answer = await sendRequest({
        ...requestOf(check.request, id),
        host: target.workload.address,
        port: target.listenPort,
        localAddress: context.outsider,
      });
      return outcomeOf(caller, check.request, check.expect, answer, await context.awaitAccess(id));
    }
    case 'foreignAnchor':
      return foreignAnchor(check, context);
    case 'stolenName':
      return stolenName(check, context);
  }
};

const outcomeOf = (
  caller: string,
  request: CheckRequest,
  expect: number,
  answer: Answer,
  access: AccessEvent | undefined,
): CheckOutcome => ({
  caller,
  request: requestText(request),
  expected: String(expect),
  got: answer.kind === 'status' ? String(answer.status) : `closed (${answer.reason})`,
  isAsExpected: answer.kind === 'status' && answer.status === expect,
  decidedBy: access === undefined ? '' : decisionText(access),
});

/** `rule`, or the reason of a refusal, with the route it happened on. */
export const decisionText = (access: AccessEvent): string => {
  const route = access.route === '' ? '' : ` on ${access.route}`;
  return access.verdict === 'permit' ? `${access.rule}${route}` : `${access.reason}${route}`;
};

const foreignAnchor = async (
  check: Extract<LocalCheck, { kind: 'foreignAnchor' }>,
  context: CheckContext,
): Promise<CheckOutcome> => {
  const caller = `${check.claims}, other trust anchor`;
  const request = requestText(check.request);
  const claimed = workloadNamed(check.claims, context.plan);
  const target = targetOf(check.request, context.plan);
  if (claimed === undefined || target === undefined) return unknownNames(caller, request);
  const { cert, key } = foreignCertificate(claimed.identity);
  const answer = await new Promise<Answer>((resolve) => {
    const socket = tlsConnect({
      host: target.workload.address,
      port: target.listenPort,
      servername: target.workload.identity,
      ca: context.anchorPem,
      cert,
      key,
      minVersion: 'TLSv1.3',
      // The name is a mesh identity, not a host; this client only wants to be heard.
      checkServerIdentity: () => undefined,
    });
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), answerTimeoutMs);
    const finish = (result: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.once('secureConnect', () => {
      socket.write(`${check.request.method} ${check.request.target} HTTP/1.1\r\nhost: ${check.request.host}\r\n\r\n`);
    });
    socket.once('data', (chunk: Buffer) =>
      finish({ kind: 'status', status: Number(chunk.subarray(9, 12).toString('latin1')) }),
    );
    socket.once('error', (error: NodeJS.ErrnoException) =>
      finish({ kind: 'closed', reason: error.code ?? error.message }),
    );
    socket.once('close', () => finish({ kind: 'closed', reason: 'end of stream' }));
  });
  const isRefused = answer.kind === 'closed';
  return {
    caller,
    request,
    expected: 'closed',
    got: isRefused ? 'closed' : String(answer.status),
    isAsExpected: isRefused,
    decidedBy: isRefused ? 'the client certificate does not chain to the trust anchors' : '',
  };
};

const foreignCertificate = (identity: string): { readonly cert: string; readonly key: string } => {
  const window = { nowMs: Date.now(), lifetimeMs: 3_600_000, randomBytes };
  const anchor = createTrustAnchor({ commonName: `root.linkerd.${trustDomain}`, ...window });
  const issuer = createIssuer(anchor, { commonName: `identity.linkerd.${trustDomain}`, ...window });
  const key = generatePrivateKey();
  const request = parseCsr(createCsr(identity, key));
  const leaf = request.kind === 'ok' ? issueLeaf(issuer, request.value, { identity, ...window }) : request;
  if (leaf.kind !== 'ok') throw new Error(leaf.reason);
  return { cert: encodePem([leaf.value.certificate, ...leaf.value.intermediates]), key: encodePkcs8Pem(key) };
};

const stolenName = async (
  check: Extract<LocalCheck, { kind: 'stolenName' }>,
  context: CheckContext,
): Promise<CheckOutcome> => {
  const caller = `${check.token}'s token`;
  const request = `certificate for ${check.claims}`;
  const holder = workloadNamed(check.token, context.plan);
  const claimed = workloadNamed(check.claims, context.plan);
  if (holder === undefined || claimed === undefined) return unknownNames(caller, request);
  const { isIssued, detail } = await context.certifyAs(holder, claimed.identity);
  return {
    caller,
    request,
    expected: 'none',
    got: isIssued ? 'issued' : 'none',
    isAsExpected: !isIssued,
    decidedBy: detail,
  };
};

const requestOf = (request: CheckRequest, id: string) => ({
  method: request.method,
  target: request.target,
  hostHeader: request.host,
  requestId: id,
});

const requestText = (request: CheckRequest): string =>
  `${request.method} ${request.host.split(':')[0]}${request.target}`;

const workloadNamed = (name: string, plan: MeshPlan): PlannedWorkload | undefined =>
  plan.workloads.find(({ config }) => config.name === name);

/** Where `from` connects to for the Service that the request names. */
const wayTo = (
  request: CheckRequest,
  from: PlannedWorkload,
  plan: MeshPlan,
): { readonly host: string; readonly port: number } | undefined => {
  const target = serviceOf(`http://${request.host}`, from.config.namespace, plan.services);
  const listener = from.outbound.find(
    ({ service, servicePort }) => service === target?.service && servicePort === target?.port,
  );
  return listener?.connectTo;
};

/** The workload behind the Service that the request names, and where its proxy listens for that port. */
const targetOf = (
  request: CheckRequest,
  plan: MeshPlan,
): { readonly workload: PlannedWorkload; readonly listenPort: number } | undefined => {
  const target = serviceOf(`http://${request.host}`, 'default', plan.services);
  const wanted = target?.service.service.spec.ports.find(({ port }) => port === target.port)?.targetPort;
  const selector = Object.entries(target?.service.service.spec.selector ?? {});
  for (const workload of plan.workloads) {
    const { labels } = workload.manifest.template;
    if (selector.length === 0 || !selector.every(([key, value]) => labels[key] === value)) continue;
    const listener = workload.inbound.find(({ name, port }) => wanted === name || wanted === port);
    if (listener !== undefined) return { workload, listenPort: listener.listenPort };
  }
  return undefined;
};

const unknownNames = (caller: string, request: string): CheckOutcome => ({
  caller,
  request,
  expected: '',
  got: '',
  isAsExpected: false,
  decidedBy:
    'heddle.local.yaml: this check names a workload or Service that the mesh does not have, or that the caller has no variable for',
});
